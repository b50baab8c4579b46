"""Exports of assistants: ChatGPT's and Claude's `conversations.json`, alone or in the archive it comes in."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from app.domain.bundle import BundleLine, RawDataLine
from app.domain.knowledge import RawDataType, Role
from app.importers.reading import ROLES, Reading, decoded, made_id, text_of, unpacked

T = TypeVar("T")
# In the archive; large exports come in several.
_CONVERSATIONS = re.compile(r"conversations(?:-\d+)?\.json")
_WORDLESS = "messages of tools and systems, and without text"


def _part_text(part: Any) -> str:
    """A part's text; of spoken words, their transcript."""
    is_transcript = isinstance(part, dict) and cast("dict[str, Any]", part).get("content_type") == "audio_transcription"
    return text_of(cast("dict[str, Any]", part).get("text") if is_transcript else part)


class _Author(Struct):
    role: str | None = None


class _Content(Struct):
    content_type: str | None = None
    parts: list[Any] | None = None

    @property
    def text(self) -> str:
        is_text = self.content_type in ("text", "multimodal_text")
        return "\n\n".join(filter(None, map(_part_text, self.parts or []))) if is_text else ""


class _Message(Struct):
    id: str | None = None
    author: _Author | None = None
    create_time: float | None = None
    content: _Content | None = None
    metadata: dict[str, Any] | None = None

    @property
    def role(self) -> Role | None:
        """Return the role of a visible message of the user or the assistant, else None."""
        hidden = (self.metadata or {}).get("is_visually_hidden_from_conversation")
        return None if hidden or not self.author else ROLES.get(self.author.role or "")


class _Node(Struct):
    message: _Message | None = None
    parent: str | None = None

    @property
    def time(self) -> float:
        return (self.message and self.message.create_time) or 0.0


class _ChatGptChat(Struct):
    mapping: dict[str, _Node]
    id: str | None = None
    conversation_id: str | None = None
    title: str | None = None
    create_time: float | None = None
    current_node: str | None = None

    def branch(self) -> list[tuple[str, _Message]]:
        """(node's id, message) from the first to the current one, or to the latest where none is named."""
        path: dict[str, _Message | None] = {}
        at = self.current_node or max(self.mapping, key=lambda id_: self.mapping[id_].time, default=None)
        while at is not None and at in self.mapping and at not in path:
            path[at] = self.mapping[at].message
            at = self.mapping[at].parent
        return [(id_, message) for id_, message in reversed(path.items()) if message]


class _Block(Struct):
    type: str | None = None
    text: str | None = None


class _Attachment(Struct):
    file_name: str | None = None
    extracted_content: str | None = None


class _ClaudeMessage(Struct):
    uuid: str | None = None
    sender: str | None = None
    text: str | None = None
    content: list[_Block] | None = None
    created_at: str | None = None
    attachments: list[_Attachment] | None = None

    @property
    def words(self) -> str:
        blocks = (text_of(block.text) for block in self.content or [] if block.type == "text")
        return "\n\n".join(filter(None, blocks)) or text_of(self.text)


class _ClaudeChat(Struct):
    chat_messages: list[_ClaudeMessage]
    uuid: str | None = None
    name: str | None = None
    created_at: str | None = None


_CHATGPT = msgspec.json.Decoder(list[_ChatGptChat])
_CLAUDE = msgspec.json.Decoder(list[_ClaudeChat])


def read_chatgpt(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """ChatGPT's export. Of a conversation with several branches, the one that was open last is read."""
    for chat in _chats(path, _CHATGPT, "ChatGPT's conversations.json"):
        chat_id = chat.conversation_id or chat.id or ""
        opened_at = reading.time_or_none(chat.create_time)
        previous: str | None = None
        for node_id, message in chat.branch():
            text = message.content.text if message.content else ""
            if message.role is None or not text:
                reading.leave_out(_WORDLESS)
                continue
            id_ = message.id or made_id("chatgpt", chat_id, node_id)
            time = reading.time_or_none(message.create_time) or opened_at
            yield _line(reading, id_, message.role, text, time, chat=(chat_id, chat.title), previous=previous)
            previous = id_


def read_claude(path: Path, reading: Reading) -> Iterator[BundleLine]:
    """Claude's export. Attached texts become documents."""
    for chat in _chats(path, _CLAUDE, "Claude's conversations.json"):
        chat_id = chat.uuid or ""
        opened_at = reading.time_or_none(chat.created_at)
        previous: str | None = None
        for number, message in enumerate(chat.chat_messages):
            id_ = message.uuid or made_id("claude", chat_id, number)
            time = reading.time_or_none(message.created_at) or opened_at
            for place, attached in enumerate(message.attachments or []):
                if text := text_of(attached.extracted_content):
                    title = text_of(attached.file_name) or None
                    yield RawDataLine(id=f"{id_}-attached-{place}", text=text, title=title, occurred_at=time)
            role, text = ROLES.get(message.sender or ""), message.words
            if role is None or not text:
                reading.leave_out(_WORDLESS)
                continue
            yield _line(reading, id_, role, text, time, chat=(chat_id, chat.name), previous=previous)
            previous = id_


def _chats(path: Path, decoder: msgspec.json.Decoder[list[T]], what: str) -> Iterator[T]:
    for name, data in unpacked(path, ".json"):
        if _CONVERSATIONS.fullmatch(name) or name == path.name:
            yield from decoded(data, decoder, what)


def _line(
    reading: Reading,
    id_: str,
    role: Role,
    text: str,
    time: datetime | None,
    *,
    chat: tuple[str, str | None],
    previous: str | None,
) -> RawDataLine:
    """`chat`: its id and title."""
    chat_id, title = chat
    return RawDataLine(
        id=id_,
        text=text,
        type=RawDataType.CONVERSATION,
        role=role,
        user_name=reading.speaker if role is Role.USER else None,
        occurred_at=time,
        metadata={"conversation": chat_id} | ({"conversationTitle": title} if title else {}),
        previous=previous,
    )
