"""A language model server that answers with a bundle's recorded facts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.domain.ids import content_hash
from tests.evaluation.datasets import Dataset, identity
from tests.llm_server import Request

_QUOTE_CHARACTERS = 300

Line = dict[str, Any]


class Replay:
    """Maps raw data texts to the datasets' recorded facts."""

    def __init__(self, datasets: Sequence[Dataset]) -> None:
        self._facts: dict[str, list[Line]] = defaultdict(list)
        self._texts: dict[int, set[str]] = {}
        for dataset in datasets:
            lines = [msgspec.json.decode(line) for line in dataset.bundle.read_bytes().splitlines()]
            texts = {line["id"]: line["text"] for line in lines if line["kind"] == "rawData"}
            for line in (line for line in lines if line["kind"] == "fact"):
                cited = {texts[source["id"]] for source in line["rawData"] if source["id"] in texts}
                self._texts[id(line)] = cited
                for text in cited:
                    self._facts[text].append(line)

    def respond(self, request: Request) -> Line:
        if not request.instruction.startswith("You read messages"):
            return {"names": [], "facts": [], "insights": []}
        rows = request.untrusted
        number = {row["text"]: row["index"] for row in rows}
        facts: dict[int, Line] = {id(fact): fact for row in rows for fact in self._facts.get(row["text"], [])}
        answers = [self._answer(fact, number) for fact in facts.values()]
        names = dict.fromkeys(name for fact in facts.values() for name in _names(fact))
        entities: list[Line] = [{"name": name, "type": "OTHER", "aliases": []} for name in names]
        return {"facts": answers, "entities": entities, "causes": [], "caption": None}

    def _answer(self, fact: Line, number: Mapping[str, int]) -> Line:
        cited = [text for text in sorted(self._texts[id(fact)]) if text in number]
        return {
            "text": fact["text"],
            "evidence": [{"message": number[text], "quote": text[:_QUOTE_CHARACTERS]} for text in cited],
            "category": "event",
            "type": "FACT",
            "confidence": 0.9,
            "subject": fact.get("subject"),
            "predicate": fact.get("predicate"),
            "object": fact.get("object"),
            "entities": _names(fact),
            "time": None,
        }


def _names(fact: Line) -> list[str]:
    return [name if isinstance(name, str) else name["name"] for name in fact.get("entities", [])]


def reproduced(dataset: Dataset, exported: Sequence[Line]) -> dict[str, Any]:
    """Return how much of the bundle the graph holds. `facts`: share of the recorded facts, by text; `evidence`: share
    of their (fact, raw data) pairs; `quoted`: share of stored facts whose quotes all match their offsets; `closed`: facts
    closed by a later one.
    """
    lines = [msgspec.json.decode(line) for line in dataset.bundle.read_bytes().splitlines()]
    texts = {line["id"]: identity(line)[:2] for line in lines if line["kind"] == "rawData"}
    recorded = [line for line in lines if line["kind"] == "fact"]
    stored_texts = {row["id"]: identity(row)[:2] for row in exported if row["kind"] == "rawData"}
    full_texts = {row["id"]: row["text"] for row in exported if row["kind"] == "rawData"}
    facts = [row for row in exported if row["kind"] == "fact"]
    by_hash = {content_hash(fact["text"]): fact for fact in facts}
    found = exact = pairs = 0
    for line in recorded:
        fact = by_hash.get(content_hash(line["text"]))
        found += fact is not None
        held = {stored_texts[s["id"]] for s in fact["rawData"]} if fact else set[tuple[str, ...]]()
        for source in line["rawData"]:
            pairs += 1
            exact += texts[source["id"]] in held
    quoted = sum(
        all(s.get("quote") and full_texts[s["id"]][s["start"] : s["end"]] == s["quote"] for s in fact["rawData"])
        for fact in facts
    )
    return {
        "recorded": len(recorded),
        "stored": len(facts),
        "facts": found / max(len(recorded), 1),
        "evidence": exact / max(pairs, 1),
        "quoted": quoted / max(len(facts), 1),
        "closed": sum("invalidAt" in fact for fact in facts),
    }
