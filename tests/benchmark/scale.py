"""DEEP on a memory of 20,000 facts, alone and among many others: is it bounded, and do other memories slow it down?

    ./scripts/bench scale [--others 980000]

The graph is generated: facts about three of 6,000 entities whose degrees follow Zipf's law (the first is named by half of all
facts), four facts a document, and random unit vectors, which make the vector index work as hard as it can.
"""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import neo4j
import numpy as np
from rich.progress import track

from app.connections import neo4j_address
from app.domain.scope import MemoryScope, memory_token
from app.settings import load_settings
from tests.service_process import running_service

_FACTS = 20_000
_ENTITIES = 6_000
_BATCH = 1_000
_WARM_UP, _SAMPLES = 60, 120
_SCOPE = MemoryScope(user_id="bench", agent_id="scale")

_LOAD = """
CYPHER 25
UNWIND $facts AS row
MERGE (raw:RawData {memoryId: $memoryId, id: row.rawId})
  ON CREATE SET raw.contentId = row.rawId, raw.type = 'DOCUMENT', raw.text = row.text, raw.searchText = row.text,
                raw.memoryToken = $token, raw.sequence = row.id, raw.state = 'extracted', raw.sourceClient = 'bench',
                raw.occurredAt = datetime(), raw.createdAt = datetime()
CREATE (fact:Fact {
  memoryId: $memoryId, id: row.id, contentHash: toString(row.id), text: row.text, memoryToken: $token, category: 'event',
  type: 'FACT', confidence: 0.9, observedAt: datetime(), firstObservedAt: datetime(), createdAt: datetime(),
  eventStart: datetime(), eventEnd: datetime(), metadataTerms: []
})-[:EXTRACTED_FROM {quote: row.text, start: 0, end: 9}]->(raw)
WITH fact, raw, row
CALL db.create.setNodeVectorProperty(fact, 'embedding', row.vector)
CALL db.create.setNodeVectorProperty(raw, 'embedding', row.vector)
UNWIND row.entities AS number
MATCH (entity:Entity {memoryId: $memoryId, key: 'person ' + number})
MERGE (fact)-[:MENTIONS {role: 'mention', confidence: 0.9}]->(entity)
"""
_LOAD_ENTITIES = """
CYPHER 25
UNWIND $entities AS row
CREATE (entity:Entity {
  memoryId: $memoryId, id: $memoryId + ' ' + row.number, key: 'person ' + row.number, name: 'Person ' + row.number,
  entityType: 'PERSON', aliases: [], memoryToken: $token, mentionCount: 1
})
WITH entity, row
CALL db.create.setNodeVectorProperty(entity, 'embedding', row.vector)
"""
_COUNT_MENTIONS = """
CYPHER 25
MATCH (entity:Entity {memoryId: $memoryId})
SET entity.mentionCount = COUNT { (entity)<-[:MENTIONS]-() }
"""


@click.command(help=__doc__)
@click.option("--others", default=980_000, show_default=True, help="Facts of other memories in the same database.")
def main(others: int) -> None:
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder) / "data") as service:
        address = neo4j_address(load_settings(os.environ, data_dir=Path(folder) / "data"))
        with neo4j.GraphDatabase.driver(address.uri, auth=(address.user, address.password)) as driver:
            _fill(driver, _SCOPE.memory_id, _FACTS, "the memory")
            alone = _measure(service.url, "alone")
            left = others
            while left > 0:
                size = min(_FACTS, left)
                _fill(driver, f"other:{left}", size, f"others, {left} left")
                left -= size
            among = _measure(service.url, f"among {others} facts of other memories")
    print(f"DEEP is {among / alone:.2f}× as slow among the others")


def _fill(driver: neo4j.Driver, memory_id: str, facts: int, label: str) -> None:
    rng = np.random.default_rng(7)
    token = memory_token(memory_id)
    driver.execute_query("MERGE (:Memory {id: $memoryId, memoryId: $memoryId})", memoryId=memory_id)
    for start in range(0, _ENTITIES, _BATCH):
        rows = [{"number": str(n), "vector": _unit(rng)} for n in range(start, start + _BATCH)]
        driver.execute_query(_LOAD_ENTITIES, memoryId=memory_id, token=token, entities=rows)
    for start in track(range(0, facts, _BATCH), description=label, transient=True):
        rows = [_fact(rng, number) for number in range(start, min(start + _BATCH, facts))]
        driver.execute_query(_LOAD, memoryId=memory_id, token=token, facts=rows)
    driver.execute_query(_COUNT_MENTIONS, memoryId=memory_id)


def _fact(rng: np.random.Generator, number: int) -> dict[str, Any]:
    drawn: list[int] = rng.zipf(1.3, 3).tolist()
    entities = {n for n in drawn if n < _ENTITIES} | set(range(int(rng.random() < 0.5)))
    names = " and ".join(f"Person {n}" for n in sorted(entities))
    return {
        "id": number + 1,
        "rawId": f"d{number // 4}",
        "text": f"{names} met at place {number}.",
        "entities": [str(n) for n in sorted(entities)],
        "vector": _unit(rng),
    }


def _unit(rng: np.random.Generator) -> list[float]:
    vector = rng.standard_normal(384)
    return (vector / np.linalg.norm(vector)).tolist()


def _measure(url: str, label: str) -> float:
    """Return the p50 of DEEP in milliseconds."""
    p50: dict[str, float] = {}
    with httpx.Client(base_url=f"{url}/open/v1/memory", timeout=60) as http:
        for strategy, hops in (("SIMPLE", 3), ("DEEP", 3), ("DEEP", 1), ("DEEP", 6)):
            samples = list(_samples(http, strategy, hops))
            middle, late = statistics.median(samples), statistics.quantiles(samples, n=20)[18]
            name = f"{strategy} {hops} hops" if strategy == "DEEP" else strategy
            p50[name] = middle
            ratio = f", {middle / p50['SIMPLE']:.1f}× SIMPLE" if strategy == "DEEP" else ""
            print(f"{label}: {name:12} p50 {middle:6.1f} ms  p95 {late:6.1f} ms ({late / middle:.1f}× its p50{ratio})")
    return p50["DEEP 3 hops"]


def _samples(http: httpx.Client, strategy: str, hops: int) -> Iterator[float]:
    ask = _asker(http, strategy, hops)
    for number in range(_WARM_UP):
        ask(-number)
    for number in range(_SAMPLES):
        started = time.perf_counter()
        ask(number)
        yield (time.perf_counter() - started) * 1000


def _asker(http: httpx.Client, strategy: str, hops: int) -> Callable[[int], None]:
    rng = random.Random(hops)

    def ask(number: int) -> None:
        # New words every time, so that no query cache can answer; every fourth question names the hub.
        who = 0 if number % 4 == 0 else rng.randrange(1, 400)
        query = f"Where did Person {who} meet Person {rng.randrange(1, 400)} before {strategy} {hops} {number}?"
        body = {
            "userId": _SCOPE.user_id,
            "agentId": _SCOPE.agent_id,
            "query": query,
            "strategy": strategy,
            "hops": hops,
        }
        answer = http.post("/retrieve", json=body).raise_for_status().json()["data"]
        if answer["status"] != "success":
            raise RuntimeError(f"{query}: {answer['status']}")

    return ask


if __name__ == "__main__":
    main()
