"""Back up a running service, restore and compare; migrate an old database."""

import gzip
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain.scope import MemoryScope
from tests.api import Memory, conversation, message, told
from tests.detached import as_new, mnemon
from tests.service_process import running_service

pytestmark = pytest.mark.slow


def memories(http: httpx.Client) -> list[Memory]:
    return [Memory(http, MemoryScope(user_id=user, agent_id="backup")) for user in ("ana", "ben")]


def tell(memory: Memory) -> None:
    memory.extract(conversation(message("I live in Faro.", name="Ana", at="2024-03-04T09:00:00Z")))
    memory.extract(conversation(message("I moved to Porto.", name="Ana", at="2024-05-04T09:00:00Z")))
    memory.extract(told(("Ana", "My sister Clara works at Initech."), ("Clara", "I play chess with Ana.")))
    memory.retrieve("Where does Ana live?", strategy="DEEP", persistTrace=True)
    memory.data("async/add-message", message=message("Clara waits in the buffer.", name="Ana"))


def exported(memory: Memory) -> str:
    return memory.http.get("/open/v1/memory/export", params={**memory.ids, "embeddings": "true"}).text


def contents(folder: Path) -> list[list[str]]:
    """Return every node and relationship, sorted by content, since ids differ between backup files."""
    found: list[list[str]] = []
    for file in sorted(folder.glob("*.gz")):
        nodes: dict[int, str] = {}
        rows: list[str] = []
        for line in map(json.loads, gzip.decompress(file.read_bytes()).splitlines()):
            if line["kind"] == "node":
                nodes[line["id"]] = json.dumps(line | {"id": 0}, sort_keys=True)
            else:
                ends = [nodes[line["start"]], nodes[line["end"]]]
                rows.append(json.dumps([line["type"], line.get("properties"), *ends], sort_keys=True))
        found.append(sorted([*nodes.values(), *rows]))
    return found


def test_a_backup_restores_everything_and_an_old_one_is_brought_up_to_date(tmp_path: Path, detached_dir: Path) -> None:
    as_new(detached_dir)
    with (
        running_service(detached_dir, MNEMON_IDLE_FLUSH_SECONDS="3600") as service,
        httpx.Client(base_url=service.url, timeout=60) as http,
    ):
        for memory in memories(http):
            tell(memory)
        # While others write.
        busy = Memory(http, MemoryScope(user_id="zoe", agent_id="busy"))
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                busy.data("async/add-message", message=message("I am writing all the time."))

        writer = threading.Thread(target=write)
        writer.start()
        made = mnemon("backup", str(tmp_path / "busy"), data_dir=detached_dir)
        stop.set()
        writer.join()
        assert made.returncode == 0, made.stderr
        assert "3 memories" in made.stdout
        made = mnemon("backup", str(tmp_path / "quiet"), data_dir=detached_dir)
        assert made.returncode == 0, made.stderr
        assert mnemon("backup", str(tmp_path / "quiet"), data_dir=detached_dir).returncode == 1, "must not overwrite"
        before = [exported(memory) for memory in memories(http)]
    as_new(detached_dir)
    restored = mnemon("restore", str(tmp_path / "quiet"), data_dir=detached_dir)
    assert restored.returncode == 0, restored.stderr
    again = mnemon("restore", str(tmp_path / "quiet"), data_dir=detached_dir)
    assert "holds memories already" in again.stderr.replace("\n", " ")
    made = mnemon("backup", str(tmp_path / "second"), data_dir=detached_dir)
    assert made.returncode == 0, made.stderr
    assert contents(tmp_path / "second") == contents(tmp_path / "quiet")
    as_new(detached_dir)
    _as_of_the_first_schema(tmp_path / "quiet")
    restored = mnemon("restore", str(tmp_path / "quiet"), data_dir=detached_dir)
    assert restored.returncode == 0, restored.stderr
    _check_restored(detached_dir, before)


def _check_restored(folder: Path, before: list[str]) -> None:
    with (
        running_service(folder, MNEMON_IDLE_FLUSH_SECONDS="3600") as service,
        httpx.Client(base_url=service.url, timeout=60) as http,
    ):
        ana, ben = memories(http)
        assert _as_of_then(exported(ana)) == _as_of_then(before[0])
        assert _as_of_then(exported(ben)) == _as_of_then(before[1])
        found = ana.retrieve("Who works at Initech?", strategy="DEEP")["items"]
        assert any("Clara works at Initech" in item["text"] for item in found)
        assert all(item["provenance"] for item in found)
        # Buffered messages are still processed.
        operation_id = ana.data("async/commit")["operationId"]
        ana.wait(operation_id)
        assert any("buffer" in item["text"] for item in ana.items())


def _as_of_then(bundle: str) -> list[dict[str, Any]]:
    """Return the bundle's lines without what the first schema could not say."""
    lines = [json.loads(line) for line in bundle.splitlines()]
    return [{k: v for k, v in line.items() if k not in {"searchText", "slot", "value"}} for line in lines]


def _as_of_the_first_schema(folder: Path) -> None:
    """Remove what later versions added, so that the backup looks as written by the first version."""
    later = {"evidenceCount", "mentionCount", "slot", "slotValue", "searchText", "waiting", "failures"}
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    for memory in manifest["memories"]:
        path = folder / memory["file"]
        lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
        for line in lines:
            line["properties"] = {k: v for k, v in line.get("properties", {}).items() if k not in later}
        path.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))
        memory["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest | {"schema": 1}))


def test_a_damaged_backup_restores_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    done = mnemon("restore", str(folder), data_dir=tmp_path / "data")
    assert done.returncode == 1
    assert "is no backup" in done.stderr.replace("\n", " ")
