"""A memory with a long queue does not delay another one."""

import os

import anyio
import pytest

from app.domain.scope import MemoryScope
from app.graph.database import Database
from tests.api import Memory, told

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# MNEMON_TEST_QUEUED=100000 takes a minute.
QUEUED = int(os.environ.get("MNEMON_TEST_QUEUED", "5000"))


async def test_another_memory_gets_its_turn_long_before_a_long_queue_is_done(memory: Memory, db: Database) -> None:
    small = Memory(memory.http, MemoryScope(user_id=memory.scope.user_id, agent_id="small"))
    small.extract(told(("Ana", "I live in Faro.")))
    memory.extract(told(("Ben", "I own a barge.")))
    await _queue(db, memory.scope.memory_id)
    try:
        left: list[int] = []
        for number in range(6):
            small.extract(told(("Ana", f"I own map number {number}.")))
            left.append((await db.read("system/backlog"))[0]["messages"])
            await anyio.sleep(0.3)
        print("messages left in the long queue after each extraction of the other memory:", left)
        assert min(left) > QUEUED * 9 // 10, "the queue was worked off first"
    finally:
        await db.define(
            "MATCH (n:RawData|Operation {memoryId: $id}) WHERE n.fairness CALL (n) { DETACH DELETE n } "
            "IN TRANSACTIONS OF 5000 ROWS",
            {"id": memory.scope.memory_id},
        )
        await db.define("MATCH (m:Memory {id: $id}) SET m.waiting = 0", {"id": memory.scope.memory_id})


async def _queue(db: Database, memory_id: str) -> None:
    """Store QUEUED messages as if each had been sent by itself."""
    await db.define(
        """
        MATCH (m:Memory {id: $id})
        WITH m.sequence AS sequence, m.operations AS operations
        UNWIND range(1, $number) AS n
        CALL (n, sequence, operations) {
          CREATE (o:Operation {id: $id + '-' + n, memoryId: $id, kind: 'add-message', origin: 'test', status: 'accepted',
                               number: operations + n, sequence: sequence + n, attempts: 0, failures: 0, progressDone: 0,
                               progressTotal: 1, waiting: 1, createdAt: datetime(), fairness: true})
          CREATE (o)-[:STORED {position: 0}]->(:RawData {
            memoryId: $id, id: $id + '-' + n, contentId: $id + '-' + n, type: 'CONVERSATION', role: 'USER', userName: 'Ben',
            text: 'I counted boat number ' + n + '.', tokens: 8, sourceClient: 'test', metadataTerms: [], state: 'buffered',
            sequence: sequence + n - 1, occurredAt: datetime('2024-03-04T09:00:00Z') + duration({seconds: n}),
            utcOffsetSeconds: 0, createdAt: datetime(), fairness: true})
        } IN TRANSACTIONS OF 5000 ROWS
        """,
        {"id": memory_id, "number": QUEUED},
    )
    await db.define(
        "MATCH (m:Memory {id: $id}) SET m.sequence = m.sequence + $number, m.operations = m.operations + $number, "
        "m.waiting = $number, m.runAt = datetime()",
        {"id": memory_id, "number": QUEUED},
    )
