"""Runs the same conversations twice, once undisturbed and once with kills, and compares the results."""

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from app.domain.scope import MemoryScope
from tests.api import Memory, message
from tests.chaos.neo4j import FaultyNeo4j
from tests.chaos.process import PHASES, STATEMENTS
from tests.chaos.proxy import Proxy
from tests.llm_server import LlmServer, running_llm
from tests.llm_server.answers import reads_everything
from tests.service_process import NO_TLS, free_port

_COMMIT_EVERY = 12
_LIFE_SECONDS = 12.0
_SETTLE_SECONDS = 240.0
# Causes the named disturbance and returns what happened.
Disturb = Callable[[str, "Run"], str]
Show = Callable[[str, int], None] | None
_NAMES = ("Ana", "Ben", "Clara", "Dario")
_PLACES = ("Faro", "Porto", "Lagos", "Braga", "Trieste", "Ghent")
_THINGS = ("a kayak", "a barge", "a red boat", "an old piano", "a goat", "two maps")


class Plan(Struct, frozen=True, kw_only=True):
    """`messages`: over all memories; `kills`: of the service; `neo4j_kills`: of the database; `disturbances`: names, each
    run once after the kills; `with_model`: extract with a language model, also behind a proxy.
    """

    messages: int
    memories: int
    kills: int = 0
    neo4j_kills: int = 0
    disturbances: tuple[str, ...] = ()
    with_model: bool = False
    disk_mib: int = 0
    seed: int = 7


class Report(Struct, kw_only=True):
    """`differences`: in facts, entities and message order from the undisturbed run; `left`: counts of leftovers;
    `disturbances`: name → what happened.
    """

    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    kills: Counter[str]
    differences: list[str]
    left: dict[str, int]
    disturbances: dict[str, str]
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.differences or any(self.left.values()))


def conversation_of(plan: Plan) -> list[list[dict[str, Any]]]:
    """Return each memory's messages with distinct times; the same plan gives the same messages."""
    rng = random.Random(plan.seed)
    talks: list[list[dict[str, Any]]] = []
    for _ in range(plan.memories):
        talk: list[dict[str, Any]] = []
        for number in range(plan.messages // plan.memories):
            name = rng.choice(_NAMES)
            text = rng.choice(
                (
                    f"I bought {rng.choice(_THINGS)} number {number}.",
                    f"I visited {rng.choice(_PLACES)} on day {number}.",
                    f"{rng.choice(_NAMES)} plays chess with me, game {number}.",
                )
            )
            at = f"2024-03-{1 + number // 720:02d}T{number // 30 % 24:02d}:{2 * (number % 30):02d}:00Z"
            talk.append(message(text, name=name, at=at))
        talks.append(talk)
    return talks


class Run:
    """One Neo4j and the service processes started on it. `llm`: the language model, if `plan.with_model`."""

    def __init__(self, folder: Path, plan: Plan, database: FaultyNeo4j, llm: LlmServer, llm_wire: Proxy) -> None:
        self.folder = folder
        self.plan = plan
        self.database = database
        self.llm = llm
        self.llm_wire = llm_wire
        self.kills: Counter[str] = Counter()
        self.disturbances: dict[str, str] = {}
        self.acknowledged = 0
        self.rng = random.Random(plan.seed)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._budget = threading.Semaphore(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def start(self, fault: str = "") -> None:
        self._process = self.spawn("serve", "--port", str(self._port), fault=fault)

    def spawn(self, *arguments: str, fault: str = "") -> subprocess.Popen[bytes]:
        """Start a separate `mnemon` process on the same database."""
        command = [sys.executable, "-m", "tests.chaos.process", *arguments, "--data-dir", str(self.folder)]
        environment = {
            **os.environ,
            **self.database.environment,
            "MNEMON_CHAOS": fault,
            "MNEMON_IDLE_FLUSH_SECONDS": "3600",
            "MNEMON_LLM_TIMEOUT_SECONDS": "5",
        }
        if self.plan.with_model:
            environment |= {
                "OPENAI_API_KEY": "chaos",
                "OPENAI_BASE_URL": f"http://127.0.0.1:{self.llm_wire.port}/v1",
                "MNEMON_LLM_MODEL": "scripted",
            }
        with (self.folder.parent / "chaos.log").open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(60)

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_until_ready(self) -> bool:
        """Return False if the process died before it was ready."""
        while self.lives:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/ready", timeout=5, verify=NO_TLS).status_code == 200:
                    return True
            time.sleep(0.05)
        return False

    def release(self, messages: int) -> None:
        """Allow this many more messages to be sent."""
        self._budget.release(messages)

    def send(self, agent: str, talks: list[list[dict[str, Any]]]) -> list[threading.Thread]:
        """Start one thread per memory that sends its messages in order, retries each until acknowledged, and commits."""
        threads = [
            threading.Thread(target=self._send_talk, args=(self.scope(agent, number), talk), daemon=True)
            for number, talk in enumerate(talks)
        ]
        for thread in threads:
            thread.start()
        return threads

    def scope(self, agent: str, number: int) -> MemoryScope:
        return MemoryScope(user_id=f"chaos-{number}", agent_id=agent)

    def _send_talk(self, scope: MemoryScope, talk: list[dict[str, Any]]) -> None:
        with httpx.Client(base_url=self.url, timeout=30, verify=NO_TLS) as http:
            for number, said in enumerate(talk, start=1):
                self._budget.acquire()
                self._post(http, scope, "add-message", f"m{number}", message=said)
                with self._lock:
                    self.acknowledged += 1
                if number % _COMMIT_EVERY == 0 or number == len(talk):
                    self._post(http, scope, "commit", f"c{number}")

    def _post(self, http: httpx.Client, scope: MemoryScope, path: str, key: str, **body: Any) -> None:
        ids = {"userId": scope.user_id, "agentId": scope.agent_id}
        self._until_accepted(
            lambda: http.post(f"/open/v1/memory/async/{path}", json={**ids, **body}, headers={"Idempotency-Key": key})
        )

    def import_bundle(self, agent: str) -> None:
        """Send the bundle, and retry until it is acknowledged."""
        scope = self.scope(agent, 0)
        with httpx.Client(base_url=self.url, timeout=30, verify=NO_TLS) as http:
            self._until_accepted(
                lambda: http.post(
                    "/open/v1/memory/import",
                    params={"userId": scope.user_id, "agentId": scope.agent_id},
                    content=bundle_of(self.plan),
                    headers={"Idempotency-Key": "bundle", "Content-Type": "application/x-ndjson"},
                )
            )

    def _until_accepted(self, request: Callable[[], httpx.Response]) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                response = request()
                if response.status_code == 202:
                    return
                if response.status_code not in {429, 503}:
                    raise AssertionError(response.text)
            time.sleep(0.1)

    def undisturbed(self, talks: list[list[dict[str, Any]]]) -> None:
        self.start()
        assert self.wait_until_ready()
        self.release(self.plan.messages)
        for thread in self.send("reference", talks):
            thread.join()
        if "restart during an import" in self.plan.disturbances:
            self.import_bundle("reference-import")
        self.acknowledged = 0
        self.wait_until_idle()
        self.stop()

    def disturbed(self, talks: list[list[dict[str, Any]]], disturb: Disturb, show: Show) -> None:
        threads = self.send("chaos", talks)
        share = -(-self.plan.messages // max(self.plan.kills + len(self.plan.disturbances), 1))
        self._kill_again_and_again(share, show)
        for name in self.plan.disturbances:
            if not self.lives:
                self.start()
            assert self.wait_until_ready()
            self.release(share)
            before = self.acknowledged
            self.disturbances[name] = disturb(name, self)
            if show:
                show(f"{name}: {self.acknowledged - before} messages acknowledged meanwhile", self.acknowledged)
        if not self.lives:
            self.start()
        assert self.wait_until_ready()
        self.release(self.plan.messages)
        for thread in threads:
            thread.join(_SETTLE_SECONDS)
            assert not thread.is_alive(), "a message was never acknowledged"
        self.wait_until_idle()

    def _kill_again_and_again(self, share: int, show: Show) -> None:
        faults = self._faults()
        database_kills = {
            round((n + 1) * self.plan.kills / (self.plan.neo4j_kills + 1)) for n in range(self.plan.neo4j_kills)
        }
        for number in range(1, self.plan.kills + 1):
            fault = next(faults)
            self.start(fault)
            if self.wait_until_ready():
                self.release(share)
                if number in database_kills:
                    self._kill_neo4j()
                self._until_dead(at_point=bool(fault))
            self.kills[fault.rpartition(" ")[0] or "at random"] += 1
            if show:
                show(f"kill {number}", self.acknowledged)

    def _faults(self) -> Iterator[str]:
        """Yield a fault for each phase of each statement, at its 1st to 3rd use; every fourth is empty (random kill)."""
        points = itertools.cycle([(phase, name) for name in STATEMENTS for phase in PHASES])
        for number in itertools.count(1):
            phase, name = next(points)
            yield "" if number % 4 == 0 else f"{phase} {name} {self.rng.randint(1, 3)}"

    def _until_dead(self, *, at_point: bool) -> None:
        deadline = time.monotonic() + (_LIFE_SECONDS if at_point else self.rng.uniform(0.3, 2.0))
        while self.lives and time.monotonic() < deadline:
            time.sleep(0.02)
        self.kill()

    def kill(self) -> None:
        if self.lives:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)

    def _kill_neo4j(self) -> None:
        time.sleep(self.rng.uniform(0.1, 0.8))
        self.database.kill()
        self.kills["Neo4j"] += 1
        time.sleep(0.5)
        self.database.start()

    def wait_until_idle(self) -> None:
        """Wait until every operation has ended."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        waiting = "MATCH (o:Operation) WHERE o.status IN ['accepted', 'running'] RETURN count(*) AS n"
        while self.database.query(waiting)[0]["n"]:
            assert time.monotonic() < deadline, "an operation is stuck"
            time.sleep(0.2)


def bundle_of(plan: Plan) -> bytes:
    """Return a bundle of some hundred lines whose facts share entities."""
    lines: list[dict[str, Any]] = []
    for number in range(300):
        name, place = _NAMES[number % len(_NAMES)], _PLACES[number % len(_PLACES)]
        text = f"{name} saw heron number {number + plan.seed} in {place}."
        lines.append({"kind": "rawData", "id": f"r{number}", "type": "CONVERSATION", "text": text, "sequence": number})
        lines.append(
            {
                "kind": "fact",
                "id": f"f{number}",
                "text": text,
                "entities": [name, place],
                "rawData": [{"id": f"r{number}", "quote": text}],
            }
        )
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def report_of(run: Run, talks: list[list[dict[str, Any]]]) -> Report:
    """Compare the stored data with the messages sent and with the undisturbed run."""
    found = Report(
        kills=run.kills,
        differences=[],
        left=_left(run),
        disturbances=run.disturbances,
        acknowledged=run.acknowledged,
    )
    with httpx.Client(base_url=run.url, timeout=60) as http:
        for number, talk in enumerate(talks):
            said = Counter(m["content"][0]["text"] + m["timestamp"] for m in talk)
            rows = Memory(http, run.scope("chaos", number)).bundle("rawData")
            stored = Counter(row["text"] + row["occurredAt"] for row in rows)
            found.lost += (said - stored).total()
            found.doubled += (stored - said).total()
            found.differences += _differences(
                f"memory {number}", *(Memory(http, run.scope(agent, number)) for agent in ("chaos", "reference"))
            )
        if "restart during an import" in run.plan.disturbances:
            found.differences += _differences(
                "the import", *(Memory(http, run.scope(agent, 0)) for agent in ("chaos-import", "reference-import"))
            )
    return found


def _differences(name: str, chaos: Memory, reference: Memory) -> list[str]:
    left, right = _shape(chaos), _shape(reference)
    odd = {part: set(map(str, left[part])) ^ set(map(str, right[part])) for part in left if left[part] != right[part]}
    return [f"{name}: {len(rows)} of {part} differ: {sorted(rows)[:2]}" for part, rows in odd.items()]


def _shape(memory: Memory) -> dict[str, list[Any]]:
    raw = {row["id"]: row["text"] for row in memory.bundle("rawData")}
    return {
        "messages": [(row["text"], raw.get(row.get("previous"))) for row in memory.bundle("rawData")],
        "facts": sorted(
            json.dumps([f["text"], sorted(raw[e["id"]] for e in f["rawData"])]) for f in memory.bundle("fact")
        ),
        "entities": sorted(e["name"] for e in memory.bundle("entity")),
    }


def _left(run: Run) -> dict[str, int]:
    """Return counts of leftovers; all must be 0 after a run."""
    queries = {
        "unfinished operations": "MATCH (n:Operation) WHERE n.status IN ['accepted', 'running'] RETURN count(n) AS n",
        "failed operations": "MATCH (n:Operation {status: 'failed'}) RETURN count(n) AS n",
        "messages without an operation": "MATCH (n:RawData) WHERE n.importId IS NULL AND NOT (n)<-[:STORED]-() "
        "RETURN count(n) AS n",
        "messages not extracted": "MATCH (n:RawData) WHERE n.state <> 'extracted' RETURN count(n) AS n",
        "messages not indexed": "MATCH (n:RawData) WHERE n.searchText IS NULL OR n.embedding IS NULL RETURN count(n) AS n",
        "facts without a source": "MATCH (n:Fact) WHERE NOT (n)-[:EXTRACTED_FROM]->() RETURN count(n) AS n",
        "facts not indexed": "MATCH (n:Fact) WHERE n.embedding IS NULL RETURN count(n) AS n",
        "entities that nothing mentions": "MATCH (n:Entity) WHERE NOT (n)<-[:MENTIONS]-() RETURN count(n) AS n",
        "insights without a source": "MATCH (n:Insight) WHERE NOT (n)-[:DERIVED_FROM]->() RETURN count(n) AS n",
        "kept answers": "MATCH (n:ModelAnswer) RETURN count(n) AS n",
        "wrong counts of what waits": "MATCH (n:Memory) WHERE n.waiting <> 0 RETURN count(n) AS n",
        "leases": "MATCH (n:Memory) WHERE n.leaseOwner IS NOT NULL AND n.leaseUntil < datetime() RETURN count(n) AS n",
        "indexes that are not online": "SHOW INDEXES YIELD state WHERE state <> 'ONLINE' RETURN count(*) AS n",
    }
    return {name: run.database.query(text)[0]["n"] for name, text in queries.items()}


def chaos(folder: Path, plan: Plan, disturb: Disturb, show: Show = None) -> Report:
    """Run the plan. Raises AssertionError if a message is never acknowledged or an operation never ends."""
    started = time.monotonic()
    talks = conversation_of(plan)
    database = FaultyNeo4j(folder, disk_mib=plan.disk_mib)
    with running_llm() as llm:
        llm.respond = reads_everything
        llm_wire = Proxy(lambda: int(llm.server_address[1]))
        run = Run(folder, plan, database, llm, llm_wire)
        try:
            run.undisturbed(talks)
            run.disturbed(talks, disturb, show)
            report = report_of(run, talks)
            run.stop()
        finally:
            if run.lives:
                run.stop(signal.SIGKILL)
            llm_wire.close()
            database.close()
    report.seconds = time.monotonic() - started
    return report
