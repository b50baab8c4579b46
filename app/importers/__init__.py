"""Readers of other programs' files: each gives the lines of a bundle (docs/importing.md)."""

# Kept apart from the readers, so that the command's help needs none of them.
FORMAT_NAMES = (
    "csv",
    "jsonl",
    "openai-chat",
    "claude-chat",
    "whatsapp",
    "mem0",
    "zep",
    "graphiti",
    "memind",
    "basic-memory",
)
