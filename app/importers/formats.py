"""The formats by name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from app.domain.bundle import BundleLine
from app.importers.basic_memory import read_basic_memory
from app.importers.chats import read_chatgpt, read_claude
from app.importers.graphiti import read_graphiti
from app.importers.mem0 import read_mem0
from app.importers.memind import read_memind
from app.importers.reading import Reading
from app.importers.tables import read_csv, read_jsonl
from app.importers.whatsapp import read_whatsapp

Reader: TypeAlias = Callable[[Path, Reading], Iterator[BundleLine]]

# The only format that is a folder.
FOLDERS = "basic-memory"
FORMATS: dict[str, Reader] = {
    "csv": read_csv,
    "jsonl": read_jsonl,
    "openai-chat": read_chatgpt,
    "claude-chat": read_claude,
    "whatsapp": read_whatsapp,
    "mem0": read_mem0,
    "zep": read_graphiti,
    "graphiti": read_graphiti,
    "memind": read_memind,
    FOLDERS: read_basic_memory,
}
