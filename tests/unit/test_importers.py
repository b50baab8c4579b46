"""Files of other programs: small ones of the real shape, and what their lines say."""

import contextlib
import json
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.bundle import BundleLine, EntityLine, FactLine, InsightLine, RawDataLine, parse_line
from app.domain.errors import SetupError
from app.domain.knowledge import EntityType, RawDataType, Role
from app.domain.limits import MAX_TEXT_CHARACTERS
from app.importers import FORMAT_NAMES
from app.importers.formats import FOLDERS, FORMATS
from app.importers.reading import Reading, checked

Read = Callable[..., list[BundleLine]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a file, or a folder of files, read it, and check that the service would take every line."""

    def run(
        format_: str, content: str | dict[str, Any] | list[Any], reading: Reading | None = None
    ) -> list[BundleLine]:
        path = tmp_path / "data"
        if format_ == "basic-memory" and isinstance(content, dict):
            for name, text in content.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_text(text, encoding="utf-8")
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        lines = checked(FORMATS[format_](path, reading or Reading()), reading or Reading())
        return [parse_line(line, dimension=0) for line in lines]

    return run


def messages(lines: list[BundleLine]) -> list[tuple[str | None, str]]:
    return [(line.user_name, line.text) for line in lines if isinstance(line, RawDataLine)]


def facts(lines: list[BundleLine]) -> list[FactLine]:
    return [line for line in lines if isinstance(line, FactLine)]


class TestTables:
    def test_csv_with_a_header(self, read: Read) -> None:
        lines = read("csv", "author;date;text\nAna;2024-03-04T09:00:00Z;I live in Faro.\nBen;;So do I; really.\n")
        first, second = lines
        assert isinstance(first, RawDataLine)
        assert isinstance(second, RawDataLine)
        assert (first.user_name, first.text, first.role) == ("Ana", "I live in Faro.", Role.USER)
        assert first.occurred_at == datetime(2024, 3, 4, 9, tzinfo=UTC)
        assert (first.previous, second.previous) == (None, first.id)

    def test_records_without_a_speaker_are_documents(self, read: Read) -> None:
        lines = read("jsonl", '{"content": "The oven needs 20 minutes.", "title": "Kitchen"}\n')
        (line,) = lines
        assert isinstance(line, RawDataLine)
        assert (line.type, line.title) == (RawDataType.DOCUMENT, "Kitchen")

    def test_roles_name_the_user(self, read: Read) -> None:
        rows = '{"role": "user", "content": "I play the oud."}\n{"role": "assistant", "content": "Nice."}\n'
        assert messages(read("jsonl", rows, Reading(speaker="Ana"))) == [("Ana", "I play the oud."), (None, "Nice.")]

    def test_other_names_of_columns(self, read: Read) -> None:
        lines = read(
            "csv", "was,wann\nIch wohne in Köln.,2024-03-04\n", Reading(columns={"text": "was", "time": "wann"})
        )
        (line,) = lines
        assert isinstance(line, RawDataLine)
        assert line.occurred_at == datetime(2024, 3, 4, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("columns", "words"), [({}, "--column text=NAME"), ({"text": "no"}, "There is no column 'no'")]
    )
    def test_the_text_needs_a_column(self, read: Read, columns: dict[str, str], words: str) -> None:
        with pytest.raises(SetupError, match=words):
            read("csv", "was\nIch wohne in Köln.\n", Reading(columns=columns))

    def test_a_wrong_time_leaves_the_record_out(self, read: Read) -> None:
        reading = Reading()
        lines = read("csv", "text,time\nOne,31/12/2023\nTwo,1704067200\nThree,1704067200000\n,2024-01-01\n", reading)
        assert [line.occurred_at for line in lines if isinstance(line, RawDataLine)] == [
            datetime(2024, 1, 1, tzinfo=UTC)
        ] * 2
        assert reading.left_out == {
            "records whose time is neither ISO 8601 nor a number of seconds": 1,
            "records without text": 1,
        }

    def test_the_same_record_has_the_same_id_and_equal_ones_differ(self, read: Read) -> None:
        rows = "speaker,text\nAna,Hello there.\nAna,Hello there.\n"
        ids = [line.id for line in read("csv", rows) if isinstance(line, RawDataLine)]
        again = [line.id for line in read("csv", rows + "Ana,More.\n") if isinstance(line, RawDataLine)]
        assert len(set(ids)) == 2
        assert again[:2] == ids

    def test_each_record_has_its_own_columns(self, read: Read) -> None:
        rows = '{"text": "Shopping list"}\n{"text": "I moved.", "speaker": "Ana", "time": "2024-01-05T10:00:00Z"}\n'
        note, said = read("jsonl", rows)
        assert isinstance(note, RawDataLine)
        assert isinstance(said, RawDataLine)
        assert (note.type, said.user_name) == (RawDataType.DOCUMENT, "Ana")
        assert said.occurred_at == datetime(2024, 1, 5, 10, tzinfo=UTC)

    def test_tools_and_systems_say_nothing(self, read: Read) -> None:
        reading = Reading()
        rows = "".join(
            json.dumps({"role": role, "content": "Be brief."}) + "\n" for role in ("system", "tool", "model")
        )
        (line,) = read("jsonl", rows, reading)
        assert isinstance(line, RawDataLine)
        assert line.role is Role.ASSISTANT
        assert reading.left_out == {"messages of tools and systems": 2}

    @pytest.mark.parametrize(
        ("time", "expected"),
        [
            ("20240115", datetime(2024, 1, 15, tzinfo=UTC)),
            ("1710011512345", datetime(2024, 3, 9, 19, 11, 52, 345000, tzinfo=UTC)),
            ("2024", None),
            ("45292.5", None),
        ],
    )
    def test_small_numbers_are_no_seconds(self, read: Read, time: str, expected: datetime | None) -> None:
        lines = read("csv", f"text,time\nOne,{time}\n")
        assert [line.occurred_at for line in lines if isinstance(line, RawDataLine)] == ([expected] if expected else [])

    def test_the_zone_changes_no_id(self, read: Read) -> None:
        rows = "speaker,text,time\nAna,Hello there.,2024-01-05T10:00:00\n"
        (one,), (other,) = read("csv", rows), read("csv", rows, Reading(zone=ZoneInfo("Europe/Lisbon")))
        assert isinstance(one, RawDataLine)
        assert isinstance(other, RawDataLine)
        assert one.id == other.id

    def test_secrets_are_redacted(self, read: Read) -> None:
        key = "sk-proj-" + "a1B2c3D4" * 6
        (line,) = read("jsonl", json.dumps({"role": "user", "content": f"My key is {key}, please."}))
        assert isinstance(line, RawDataLine)
        assert key not in line.text
        relations = [{"source": "ana", "relationship": "api_key", "target": key}]
        memories = [{"memory": f"The key is {key}", "metadata": {"key": key}}]
        assert key not in str(read("mem0", {"results": memories, "relations": relations}))
        assert key not in str(read("graphiti", {"nodes": [{"uuid": "n1", "name": key}]}))

    def test_a_secret_is_no_relation(self, read: Read) -> None:
        note = "# Bank\n- password [[hunter2!x9Q]]\n- [pin] My password is hunter2!x9Q\n- held at [[Caixa]]\n"
        lines = read("basic-memory", {"bank.md": note})
        assert "hunter2" not in str(lines)
        assert [fact.object for fact in facts(lines)] == ["Caixa"]

    def test_what_is_no_table(self, tmp_path: Path) -> None:
        path = tmp_path / "data"
        path.write_bytes(b"text\n\xff\xfe\n")
        with pytest.raises(SetupError, match="not CSV in UTF-8"):
            list(FORMATS["csv"](path, Reading()))
        path.write_text("{nothing")
        with pytest.raises(SetupError, match="not JSON lines"):
            list(FORMATS["jsonl"](path, Reading()))

    def test_a_long_text_is_split_where_a_line_ends(self, read: Read) -> None:
        line = "word " * 199 + "end\n"
        text = line * (MAX_TEXT_CHARACTERS // len(line) * 2 + 3)
        parts = [
            part for part in read("jsonl", json.dumps({"text": text, "role": "user"})) if isinstance(part, RawDataLine)
        ]
        assert len(parts) == 3
        assert "".join(part.text for part in parts) == text.strip()
        assert all(part.text.endswith("end\n") for part in parts[:-1])
        assert [part.previous for part in parts] == [None, parts[0].id, parts[1].id]
        rows = [{"text": text, "role": "user"}, {"text": "Hm.", "role": "user"}]
        *_, last, after = read("jsonl", "\n".join(map(json.dumps, rows)))
        assert isinstance(last, RawDataLine)
        assert isinstance(after, RawDataLine)
        assert after.previous == last.id


def _node(id_: str, parent: str | None, role: str, text: str, **content: Any) -> dict[str, Any]:
    message = {
        "id": f"m-{id_}",
        "author": {"role": role},
        "create_time": 1709542800.0,
        "content": {"content_type": "text", "parts": [text]} | content,
    }
    return {"id": id_, "parent": parent, "children": [], "message": message}


class TestChats:
    CHATGPT: ClassVar[list[dict[str, Any]]] = [
        {
            "title": "Moving",
            "create_time": 1709542800.5,
            "conversation_id": "c1",
            "current_node": "d",
            "mapping": {
                "root": {"id": "root", "message": None, "parent": None, "children": ["s"]},
                "s": _node("s", "root", "system", ""),
                "a": _node("a", "s", "user", "I moved to Braga."),
                "b": _node("b", "a", "assistant", "An answer that was replaced."),
                "c": _node("c", "a", "tool", "search results"),
                "d": _node("d", "c", "assistant", "", content_type="multimodal_text", parts=[{"asset": 1}, "Welcome!"]),
            },
        }
    ]  # fmt: skip

    def test_chatgpt(self, read: Read) -> None:
        reading = Reading(speaker="Ana")
        lines = read("openai-chat", self.CHATGPT, reading)
        assert messages(lines) == [("Ana", "I moved to Braga."), (None, "Welcome!")]
        first, second = lines
        assert isinstance(first, RawDataLine)
        assert isinstance(second, RawDataLine)
        assert (first.id, first.role, second.role, second.previous) == ("m-a", Role.USER, Role.ASSISTANT, "m-a")
        assert first.metadata == {"conversation": "c1", "conversationTitle": "Moving"}
        assert reading.left_out == {"messages of tools and systems, and without text": 2}

    def test_chatgpt_in_its_archive(self, tmp_path: Path) -> None:
        path = tmp_path / "export.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("conversations.json", json.dumps(self.CHATGPT))
            archive.writestr("user.json", '{"email": "ana@example.org"}')
            archive.writestr("shared_conversations.json", '[{"id": "c1", "title": "Moving"}]')
        assert len(list(FORMATS["openai-chat"](path, Reading()))) == 2

    def test_spoken_words_and_no_current_node(self, read: Read) -> None:
        spoken = {"content_type": "audio_transcription", "text": "My sister is Clara."}
        nodes = {
            "a": _node("a", None, "user", "", content_type="multimodal_text", parts=[spoken]),
            "b": _node("b", "a", "assistant", "Noted."),
        }
        nodes["b"]["message"]["create_time"] += 5
        lines = read("openai-chat", [{"conversation_id": "c1", "mapping": nodes, "current_node": None}])
        assert messages(lines) == [(None, "My sister is Clara."), (None, "Noted.")]

    def test_claude(self, read: Read) -> None:
        chat: dict[str, Any] = {
            "uuid": "c1",
            "name": "Oud",
            "created_at": "2024-03-04T09:00:00Z",
            "chat_messages": [
                {
                    "uuid": "m1",
                    "sender": "human",
                    "text": "",
                    "content": [{"type": "text", "text": "I play the oud."}, {"type": "tool_use", "name": "x"}],
                    "created_at": "2024-03-04T09:00:01.123456Z",
                    "attachments": [{"file_name": "notes.txt", "extracted_content": "Strings: eleven."}],
                },
                {"uuid": "m2", "sender": "assistant", "text": "Lovely.", "attachments": []},
            ],
        }
        document, said, answered = read("claude-chat", [chat])
        assert isinstance(document, RawDataLine)
        assert isinstance(said, RawDataLine)
        assert isinstance(answered, RawDataLine)
        assert (document.type, document.title, document.text) == (RawDataType.DOCUMENT, "notes.txt", "Strings: eleven.")
        assert (said.text, said.role) == ("I play the oud.", Role.USER)
        assert (answered.previous, answered.occurred_at) == ("m1", datetime(2024, 3, 4, 9, tzinfo=UTC))

    @pytest.mark.parametrize("content", ["{}", "[1]", "no JSON", '[{"mapping": 1}]'])
    def test_what_is_no_export(self, read: Read, content: str) -> None:
        with pytest.raises(SetupError, match=r"not ChatGPT's conversations\.json"):
            read("openai-chat", content)


class TestWhatsApp:
    IOS = (
        "[31/12/2023, 21:04:05] Ana: Happy new year!\nI moved to Braga.\n"
        "\u200e[31/12/2023, 21:05:00] Ben: \u200eimage omitted\n"
        "[01/01/2024, 00:00:10] \u200e~ Ben: Time: midnight \u200e<This message was edited>\n"
    )
    ANDROID = (
        "12/31/23, 9:04\u202fPM - Messages and calls are end-to-end encrypted.\n"
        "12/31/23, 9:05\u202fPM - Ana: <Media omitted>\n1/1/24, 12:00 AM - Ana: Hi\n"
    )

    def test_ios(self, read: Read) -> None:
        reading = Reading(zone=ZoneInfo("Europe/Lisbon"))
        lines = read("whatsapp", self.IOS.replace("\u200e~ Ben", "~ Ben"), reading)
        assert messages(lines) == [("Ana", "Happy new year!\nI moved to Braga."), ("Ben", "Time: midnight")]
        first = lines[0]
        assert isinstance(first, RawDataLine)
        assert first.occurred_at == datetime(2023, 12, 31, 21, 4, 5, tzinfo=UTC)

    def test_android(self, read: Read) -> None:
        reading = Reading()
        (line,) = read("whatsapp", self.ANDROID, reading)
        assert isinstance(line, RawDataLine)
        assert line.occurred_at == datetime(2024, 1, 1, tzinfo=UTC)
        assert reading.left_out == {"notices, deleted messages and media": 2}

    @pytest.mark.parametrize(
        ("dates", "expected"),
        [
            (["3/4/24", "13/4/24"], [(3, 4), (13, 4)]),
            (["3/4/24", "4/14/24"], [(4, 3), (14, 4)]),
            (["2/3/24", "1/4/24"], [(2, 3), (1, 4)]),  # the other order goes back in time
            (["2024/03/04", "2024/03/05"], [(4, 3), (5, 3)]),
            (["4.3.24"], None),
            (["5/5/24"], [(5, 5)]),
        ],
    )
    def test_order_of_day_and_month(self, read: Read, dates: list[str], expected: list[tuple[int, int]] | None) -> None:
        text = "".join(f"{date}, 10:00 - Ana: Hello {number}\n" for number, date in enumerate(dates))
        if expected is None:
            with pytest.raises(SetupError, match="--date-order"):
                read("whatsapp", text)
            expected = [(4, 3)]
            lines = read("whatsapp", text, Reading(date_order="dmy"))
        else:
            lines = read("whatsapp", text)
        times = [line.occurred_at for line in lines if isinstance(line, RawDataLine)]
        assert [(time.day, time.month) for time in times if time] == expected

    def test_a_dated_line_inside_a_message_stays_there(self, read: Read) -> None:
        said = "My appointments:\n13.05.2024 10:00 Dentist: Dr. Meier\n2024-05-14, 11:00 - Gym: swimming\nSee you!"
        text = f"[13/05/2024, 10:00:00] Ana: {said}\n[14/05/2024, 10:00:00] Ben: ok\n"
        assert messages(read("whatsapp", text)) == [("Ana", said), ("Ben", "ok")]

    def test_a_notice_with_a_colon_is_nobodys_words(self, read: Read) -> None:
        text = '13/05/2024, 10:00 - Ana changed the group name to "Trip: Lisbon"\n13/05/2024, 10:01 - Ana: Hi\n'
        assert messages(read("whatsapp", text)) == [("Ana", "Hi")]

    def test_a_name_may_have_quotes(self, read: Read) -> None:
        text = "".join(f'13/05/2024, 10:0{n} - Ana "Nana" Silva: Hello {n}\n' for n in range(2))
        assert [speaker for speaker, _ in messages(read("whatsapp", text))] == ['Ana "Nana" Silva'] * 2

    def test_years_first_with_short_days(self, read: Read) -> None:
        lines = read("whatsapp", "2023/12/15, 09:00 - Ana: Hi\n2024/1/5, 09:05 - Ben: Hello\n")
        assert messages(lines) == [("Ana", "Hi"), ("Ben", "Hello")]

    def test_texts_beside_the_chat(self, tmp_path: Path) -> None:
        path = tmp_path / "export.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("00000012-notes.txt", "Dear diary\n")
            archive.writestr("_chat.txt", self.IOS)
        assert len(list(FORMATS["whatsapp"](path, Reading()))) == 1

    def test_what_is_no_chat(self, read: Read) -> None:
        with pytest.raises(SetupError, match="no chat exported by WhatsApp"):
            read("whatsapp", "Dear diary\n")


class TestMemories:
    def test_mem0(self, read: Read) -> None:
        export = {
            "results": [
                {
                    "id": "a1",
                    "memory": "Works at Initech in Porto",
                    "hash": "x",
                    "metadata": {"topic": "job"},
                    "created_at": "2024-03-04T01:00:00-08:00",
                    "updated_at": None,
                    "user_id": "ana",
                },
                {"id": "a2", "memory": " ", "user_id": "ana"},
            ],
            "relations": [{"source": "initech", "relationship": "located_in", "target": "porto"}, {"source": "x"}],
        }
        reading = Reading()
        raw, memory, source, relation = read("mem0", export, reading)
        assert isinstance(source, RawDataLine)
        assert source.text == "initech located in porto"
        assert isinstance(raw, RawDataLine)
        assert isinstance(memory, FactLine)
        assert isinstance(relation, FactLine)
        assert (memory.text, memory.subject) == ("Works at Initech in Porto", "ana")
        assert [name for name, _, _ in memory.mentions] == ["ana", "initech", "porto"]
        assert [evidence.id for evidence in memory.raw_data] == [raw.id]
        assert memory.observed_at == datetime(2024, 3, 4, 9, tzinfo=UTC)
        assert memory.metadata["metadata"] == {"topic": "job"}
        assert (relation.subject, relation.predicate, relation.object) == ("initech", "located in", "porto")
        assert reading.left_out == {"records without text": 1, "relations without two ends and a name": 1}

    def test_mem0_of_several_users(self, read: Read) -> None:
        rows = [{"memory": "Sings", "user_id": user} for user in ("ana", "ben")]
        with pytest.raises(SetupError, match="memories of 2 users"):
            read("mem0", rows)

    def test_mem0_mentions_whole_words(self, read: Read) -> None:
        relations = [{"source": "ana", "relationship": "likes", "target": "art"}]
        lines = read("mem0", {"results": [{"memory": "Bakes banana bread for a party"}], "relations": relations})
        assert facts(lines)[0].mentions == []

    def test_graphiti_speakers(self, read: Read) -> None:
        content = (
            "Ana: hi\nNote (important): bread\nPizza: 12 EUR\nBen: I live in Porto\nassistant: Lovely, Ben.\n"
            "Carl (user): Hm."
        )
        graph = {
            "nodes": [{"uuid": "n1", "name": "Ben", "labels": ["Person"]}, {"uuid": "n2", "name": "Pizza"}],
            "episodes": [{"uuid": "e1", "source": "message", "content": content}],
            "edges": [
                {"uuid": "f1", "source_node_uuid": "n1", "target_node_uuid": "n1", "fact": "Ben", "episodes": ["e1"]}
            ],
        }
        lines = read("graphiti", graph)
        assert messages(lines) == [
            ("Ana", "hi\nNote (important): bread\nPizza: 12 EUR"),
            ("Ben", "I live in Porto"),
            (None, "Lovely, Ben."),
            ("Carl", "Hm."),
        ]
        roles = [line.role for line in lines if isinstance(line, RawDataLine)]
        assert roles == [Role.USER, Role.USER, Role.ASSISTANT, Role.USER]
        assert [evidence.id for evidence in facts(lines)[0].raw_data] == ["e1-1", "e1-2"]

    GRAPH: ClassVar[dict[str, Any]] = {
        "nodes": [
            {"uuid": "n1", "name": "Ana", "labels": ["Entity", "Person"], "summary": "Ana works at Initech."},
            {"uuid": "n2", "name": "Initech", "labels": ["Entity", "Organization"], "summary": ""},
        ],
        "episodes": [
            {
                "uuid": "e1",
                "name": "chat 1",
                "source": "message",
                "content": "Ana (user): I work at Initech.",
                "valid_at": "2024-03-04T09:00:00Z",
            },
            {"uuid": "e2", "name": "Report", "source": "text", "content": "Initech: a company."},
        ],
        "edges": [
            {
                "uuid": "f1",
                "name": "WORKS_AT",
                "fact": "Ana works at Initech",
                "source_node_uuid": "n1",
                "target_node_uuid": "n2",
                "episodes": ["e1", "gone"],
                "created_at": "2024-03-04T09:00:05Z",
                "valid_at": "2024-03-04T09:00:00Z",
                "invalid_at": "2024-06-01T00:00:00Z",
            }
        ],
    }

    def test_graphiti(self, read: Read) -> None:
        said, report, ana, _, fact, insight = read("graphiti", json.dumps(self.GRAPH))
        assert isinstance(said, RawDataLine)
        assert isinstance(report, RawDataLine)
        assert isinstance(ana, EntityLine)
        assert isinstance(fact, FactLine)
        assert isinstance(insight, InsightLine)
        assert (said.user_name, said.role, said.text) == ("Ana", Role.USER, "I work at Initech.")
        assert (report.type, report.title, report.text) == (RawDataType.DOCUMENT, "Report", "Initech: a company.")
        assert ana.entity_type is EntityType.PERSON
        assert (fact.subject, fact.predicate, fact.object) == ("Ana", "works at", "Initech")
        assert [evidence.id for evidence in fact.raw_data] == ["e1"]
        assert fact.invalid_at == datetime(2024, 6, 1, tzinfo=UTC)
        assert (insight.entity, insight.derived_from) == ("Ana", [fact.id])

    @pytest.mark.parametrize(
        ("message", "speaker", "role"),
        [
            ({"role": "user", "name": "Ana"}, "Ana", Role.USER),
            ({"role": "assistant"}, None, Role.ASSISTANT),
            ({"role": "Ana", "role_type": "user"}, "Ana", Role.USER),
            ({"role": "user", "role_type": "user", "source": "message"}, None, Role.USER),
        ],
    )
    def test_messages_of_zep(self, read: Read, message: dict[str, str], speaker: str | None, role: Role) -> None:
        message |= {"uuid": "m1", "content": "Note: I play the oud.", "created_at": "2024-03-04T09:00:00Z"}
        (line,) = read("zep", json.dumps({"messages": [message]}))
        assert isinstance(line, RawDataLine)
        assert (line.user_name, line.role, line.text) == (speaker, role, "Note: I play the oud.")

    def test_memind(self, read: Read) -> None:
        item = {
            "id": "7",
            "text": "Ana plays the oud.",
            "category": "profile",
            "type": "FACT",
            "rawDataId": "r1",
            "observedAt": "2024-03-04T09:00:00Z",
        }
        raw = {"id": "r1", "type": "CONVERSATION", "caption": "Music", "segment": {"content": "user: I play the oud."}}
        pages = [{"data": {"items": [item, {**item, "id": "8", "text": "Ana sings.", "rawDataId": "gone"}]}}]
        text = "\n".join(json.dumps(page) for page in [*pages, {"data": {"rawData": [raw]}}])
        source, first, own, second = read("memind", text)
        assert isinstance(source, RawDataLine)
        assert isinstance(own, RawDataLine)
        assert isinstance(first, FactLine)
        assert isinstance(second, FactLine)
        assert (source.text, source.caption) == ("user: I play the oud.", "Music")
        assert [e.id for e in (*first.raw_data, *second.raw_data)] == ["r1", own.id]
        assert own.text == second.text
        assert first.observed_at == datetime(2024, 3, 4, 9, tzinfo=UTC)

    def test_basic_memory(self, read: Read) -> None:
        note = (
            "---\ntitle: Pour over\ntype: note\npermalink: coffee/pour-over\ncreated: 2024-03-04\n---\n# Pour over\n\n"
            "My favourite way.\n\n## Observations\n- [method] Water at 94 °C #hot (tested)\n- [ ] buy filters\n\n"
            "## Relations\n- pairs with [[Dark chocolate]] (often)\n- [[Kettle|the kettle]]\n"
        )
        prose, stated, method, pairs, kettle = read(
            "basic-memory", {"coffee/Pour over.md": note, ".obsidian/cache.md": "no note"}
        )
        assert isinstance(prose, RawDataLine)
        assert isinstance(stated, RawDataLine)
        assert isinstance(method, FactLine)
        assert isinstance(pairs, FactLine)
        assert isinstance(kettle, FactLine)
        assert "My favourite way." in prose.text
        assert "buy filters" in prose.text
        assert "94" not in prose.text
        assert prose.occurred_at == datetime(2024, 3, 4, tzinfo=UTC)
        assert method.text == "Pour over: Water at 94 °C (tested)"
        assert method.metadata == {"category": "method", "tags": ["hot"]}
        assert [(e.id, e.quote) for e in method.raw_data] == [(stated.id, "- [method] Water at 94 °C #hot (tested)")]
        assert (pairs.subject, pairs.predicate, pairs.object) == ("Pour over", "pairs with", "Dark chocolate")
        assert (kettle.predicate, kettle.object) == ("relates to", "Kettle")

    def test_basic_memory_is_a_folder(self, read: Read) -> None:
        with pytest.raises(SetupError, match="no folder"):
            read("basic-memory", "a file")


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_KNOWN = (
    "content mapping message parts chat_messages results memory relations nodes edges episodes fact items rawData data"
)
_FIELDS = st.sampled_from([*_KNOWN.split(), "id", "uuid", "text", "source", "created_at", "create_time", "role"])
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELDS, inner, max_size=4), max_leaves=20
)


@given(format_=st.sampled_from([name for name in FORMATS if name != FOLDERS]), value=_JSON, lines=st.booleans())
def test_no_file_breaks_a_reader(format_: str, value: Any, lines: bool) -> None:
    with tempfile.NamedTemporaryFile() as file:
        rows = cast("list[Any]", value) if lines and isinstance(value, list) else [value]
        file.write("\n".join(json.dumps(row) for row in rows).encode())
        file.flush()
        with contextlib.suppress(SetupError):
            list(checked(FORMATS[format_](Path(file.name), Reading()), Reading()))


def test_each_name_has_a_reader() -> None:
    assert list(FORMATS) == list(FORMAT_NAMES)


def test_a_line_that_the_service_would_refuse_is_left_out(read: Read) -> None:
    reading = Reading()
    raw = {"id": "x" * 300, "caption": "Ana sings."}
    assert read("memind", json.dumps({"rawData": [raw]}), reading) == []
    ((reason, number),) = reading.left_out.items()
    assert number == 1
    assert "256" in reason
