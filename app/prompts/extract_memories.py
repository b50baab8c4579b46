"""Typed memories out of a conversation, in one call."""

from typing import Annotated

from msgspec import Meta, Struct

from app.domain.knowledge import FactKind
from app.prompts.extract_window import EXTRACT_WINDOW, CitationAnswer, EntityAnswer, FactAnswer, WindowAnswer
from app.prompts.prompt import Prompt


class MemoryAnswer(FactAnswer, kw_only=True):
    kind: Annotated[str, Meta(extra_json_schema={"enum": [str(kind) for kind in FactKind]})]
    title: Annotated[str, Meta(description="What it is about, in at most twelve words.")]


class MemoriesAnswer(WindowAnswer, kw_only=True):
    facts: list[MemoryAnswer]  # pyright: ignore[reportIncompatibleVariableOverride] - a narrower list, only read


class _Kind(Struct, frozen=True):
    name: FactKind
    meaning: str


_KINDS = (
    _Kind(FactKind.INSTRUCTION, "a rule or procedure to keep following"),
    _Kind(FactKind.FACT, "something that is so and can be checked"),
    _Kind(FactKind.DECISION, "a choice that was made, with its reason"),
    _Kind(FactKind.GOAL, "what somebody wants to reach"),
    _Kind(FactKind.COMMITMENT, "a promise or task that somebody has taken on"),
    _Kind(FactKind.PREFERENCE, "what somebody likes, dislikes or wants done in a certain way"),
    _Kind(FactKind.RELATIONSHIP, "how people or things belong together"),
    _Kind(FactKind.CONTEXT, "a situation that lasts for now"),
    _Kind(FactKind.EVENT, "something that happened or will happen at a time"),
    _Kind(FactKind.LEARNING, "a lesson out of an experience or a correction"),
    _Kind(FactKind.OBSERVATION, "a habit or a pattern that was noticed"),
    _Kind(FactKind.ARTIFACT, "a file, a report, the result of a tool, a reference"),
    _Kind(FactKind.ERROR, "a failure or mistake to avoid"),
)

_INSTRUCTION = f"""{EXTRACT_WINDOW.instruction}

Every fact is a memory for later conversations. Leave out what will not matter then: courtesies, what was only asked, what
the assistant merely confirmed. Leave out passwords, keys and tokens, and what stands in their place in brackets. Never add
a date that nobody has said.
kind:
{chr(10).join(f"- {kind.name}: {kind.meaning}" for kind in _KINDS)}"""

EXTRACT_MEMORIES = Prompt(
    name="extract-memories",
    version=1,
    instruction=_INSTRUCTION,
    answer=MemoriesAnswer,
    example=MemoriesAnswer(
        facts=[
            MemoryAnswer(
                text="Ana Duarte prefers tea over coffee.",
                evidence=[CitationAnswer(message=0, quote="I'd rather have tea than coffee")],
                category="profile",
                confidence=0.95,
                subject="Ana Duarte",
                predicate="prefers",
                object="tea",
                entities=["Ana Duarte"],
                kind="preference",
                title="Ana Duarte prefers tea",
            ),
        ],
        entities=[EntityAnswer(name="Ana Duarte", type="PERSON", aliases=["Ana"])],
        caption="What Ana drinks",
    ),
)
