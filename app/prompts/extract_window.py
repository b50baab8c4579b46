"""Facts, entities, relations, times and causes of a window of messages, in one call."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from app.domain.knowledge import Category, EntityType, FactType, RawData
from app.prompts.prompt import UNTRUSTED, Prompt, fenced


class CitationAnswer(Struct, kw_only=True):
    message: Annotated[int, Meta(description="The message's index.")]
    quote: Annotated[
        str, Meta(description="The words of that message that say it, copied exactly, no longer than needed.")
    ]


class TimeAnswer(Struct, kw_only=True):
    expression: Annotated[str, Meta(description="The words of the message that give the time, copied exactly.")]
    start: Annotated[str | None, Meta(description="ISO 8601, with the message's own offset; null when unsure.")] = None
    end: Annotated[str | None, Meta(description="ISO 8601, exclusive; null when unsure.")] = None


class FactAnswer(Struct, kw_only=True):
    text: Annotated[
        str,
        Meta(
            description="One sentence that is understood alone: full names, no pronouns, who said or did it, all numbers."
        ),
    ]
    evidence: list[CitationAnswer]
    category: Annotated[str, Meta(extra_json_schema={"enum": [str(c) for c in Category]})]
    type: Annotated[
        str, Meta(description="FORESIGHT: a plan or forecast.", extra_json_schema={"enum": [str(t) for t in FactType]})
    ] = "FACT"
    confidence: Annotated[float, Meta(description=".95 said outright, .85 clearly implied, .7 inferred.")] = 0.85
    subject: str | None = None
    predicate: Annotated[str | None, Meta(description="A short verb phrase in the present, such as 'works at'.")] = None
    object: str | None = None
    entities: Annotated[list[str], Meta(description="Names of entities that the fact is about.")] = []
    time: TimeAnswer | None = None


class EntityAnswer(Struct, kw_only=True):
    name: Annotated[str, Meta(description="The fullest name; of a known entity the name given for it.")]
    type: Annotated[str, Meta(extra_json_schema={"enum": [str(t) for t in EntityType]})] = "OTHER"
    aliases: Annotated[list[str], Meta(description="Other names that the messages use for it.")] = []


class CauseAnswer(Struct, kw_only=True):
    cause: Annotated[int, Meta(description="Index in facts, from 0.")]
    effect: Annotated[int, Meta(description="Index in facts, from 0.")]
    relation: Annotated[str, Meta(extra_json_schema={"enum": ["caused_by", "enabled_by", "motivated_by"]})]
    strength: float = 0.8


class WindowAnswer(Struct, kw_only=True):
    facts: list[FactAnswer]
    entities: list[EntityAnswer] = []
    causes: list[CauseAnswer] = []
    caption: Annotated[str | None, Meta(description="What the messages are about, in at most twelve words.")] = None


class KnownEntity(Struct, frozen=True, kw_only=True):
    """An entity that the memory has already and that these messages may mean."""

    name: str
    entity_type: str
    aliases: list[str] = []


_INSTRUCTION = f"""You read messages and write down what is worth remembering, as JSON.

{UNTRUSTED}

Facts
- One statement each, complete by itself, in the language of the message. Keep names, numbers, titles, places, colours.
- Say whose statement it is: "Ana works at Globex", "Ben said that the plan is late". Never "I", "he", "the user said so".
- Only what a message says. Greetings, thanks, questions without an answer and general knowledge are no facts.
- A short answer is read together with the question before it.
- Every fact cites each message that says it, with words copied from that message, letter for letter.
- subject, predicate and object where the fact relates two things; otherwise null.
- time only where the message gives one; copy its words and leave the arithmetic to us.
- category: profile (lasting, about a person), behavior (a habit), event (happened, is happening or is planned), tool
  (experience with a tool), directive (how the assistant shall act from now on), playbook (a procedure), resolution (a
  problem with its solution). When in doubt: event.

Entities
- People, organizations, places, things and concepts with a name. No pronouns, dates or numbers.
- When a name means one of the known entities, use that entity's name exactly. A first name alone means a known full
  name only where the messages leave no doubt.

Causes: pairs of your facts where one led to the other. Empty when nothing did."""

EXTRACT_WINDOW = Prompt(
    name="extract-window",
    version=1,
    instruction=_INSTRUCTION,
    answer=WindowAnswer,
    example=WindowAnswer(
        facts=[
            FactAnswer(
                text="Ana Duarte moved to Porto.",
                evidence=[CitationAnswer(message=0, quote="I moved to Porto last week")],
                category="event",
                confidence=0.95,
                subject="Ana Duarte",
                predicate="lives in",
                object="Porto",
                entities=["Ana Duarte", "Porto"],
                time=TimeAnswer(expression="last week"),
            ),
        ],
        entities=[
            EntityAnswer(name="Ana Duarte", type="PERSON", aliases=["Ana"]),
            EntityAnswer(name="Porto", type="PLACE"),
        ],
        caption="Ana's move to Porto",
    ),
)


def render(messages: Sequence[RawData], *, before: tuple[str | None, str] | None, known: Sequence[KnownEntity]) -> str:
    """`before`: speaker and text of the message before the first one."""
    parts: list[str] = []
    if known:
        rows = [{"name": e.name, "type": e.entity_type, **({"aliases": e.aliases} if e.aliases else {})} for e in known]
        parts.append("Known entities:\n" + fenced(rows))
    if before:
        parts.append(
            "What came before, for understanding only:\n" + fenced([{"speaker": before[0], "text": before[1]}])
        )
    parts.append("Messages:\n" + fenced([_row(index, message) for index, message in enumerate(messages)]))
    return "\n\n".join(parts)


def _row(index: int, message: RawData) -> dict[str, object]:
    row = {
        "index": index,
        "speaker": message.speaker,
        "title": message.title,
        "at": f"{message.occurred_at:%A} {message.occurred_at.isoformat(timespec='minutes')}",
        "text": message.text,
    }
    return {name: value for name, value in row.items() if value is not None}
