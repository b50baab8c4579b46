"""The suite: the same conversations twice, once undisturbed and once between kills, and what differs."""

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString, cast

import httpx
import neo4j
import psutil
from msgspec import Struct

from app.domain.scope import MemoryScope
from app.neo4j_server.home import Neo4jHome
from app.neo4j_server.server import running_server
from tests.api import Memory, message
from tests.chaos.process import PHASES, STATEMENTS
from tests.service_process import free_port

_COMMIT_EVERY = 12
_LIFE_SECONDS = 12.0
_SETTLE_SECONDS = 240.0
_NAMES = ("Ana", "Ben", "Clara", "Dario")
_PLACES = ("Faro", "Porto", "Lagos", "Braga", "Trieste", "Ghent")
_THINGS = ("a kayak", "a barge", "a red boat", "an old piano", "a goat", "two maps")


class Plan(Struct, frozen=True, kw_only=True):
    """`messages`: of all memories together; `kills`: of the service or a worker; `neo4j_kills`: of the database."""

    messages: int
    memories: int
    kills: int
    neo4j_kills: int
    seed: int = 7


class Report(Struct, kw_only=True):
    """`differences`: of facts, entities and the chain of messages from the undisturbed run; `left`: what is left over."""

    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    kills: Counter[str]
    differences: list[str]
    left: dict[str, int]
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.differences or any(self.left.values()))


def conversation_of(plan: Plan) -> list[list[dict[str, Any]]]:
    """A memory's messages, each with a time of its own, the same for the same plan."""
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
    """One Neo4j, and services on it that come and go."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.plan = plan
        self.kills: Counter[str] = Counter()
        self.acknowledged = 0
        self._rng = random.Random(plan.seed)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._budget = threading.Semaphore(0)
        self._done = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def mnemon(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "app.cli.main", *arguments, "--data-dir", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)

    def start(self, fault: str = "") -> None:
        command = [sys.executable, "-m", "tests.chaos.process", "serve", "--port", str(self._port)]
        environment = {**os.environ, "MNEMON_CHAOS": fault, "MNEMON_IDLE_FLUSH_SECONDS": "3600"}
        with (self.folder.parent / "chaos.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--data-dir", str(self.folder)], env=environment, stdout=log, stderr=log
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(60)

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_until_ready(self) -> bool:
        """False when it died before it was ready."""
        while self.lives:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/ready", timeout=5).status_code == 200:
                    return True
            time.sleep(0.05)
        return False

    def send(self, agent: str, talks: list[list[dict[str, Any]]]) -> list[threading.Thread]:
        """A thread a memory: its messages in order, each until it is acknowledged, and a commit now and then."""
        threads = [
            threading.Thread(target=self._send_talk, args=(self.scope(agent, number), talk))
            for number, talk in enumerate(talks)
        ]
        for thread in threads:
            thread.start()
        return threads

    def scope(self, agent: str, number: int) -> MemoryScope:
        return MemoryScope(user_id=f"chaos-{number}", agent_id=agent)

    def _send_talk(self, scope: MemoryScope, talk: list[dict[str, Any]]) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as http:
            for number, said in enumerate(talk, start=1):
                self._budget.acquire()
                self._post(http, scope, "add-message", f"m{number}", message=said)
                with self._lock:
                    self.acknowledged += 1
                if number % _COMMIT_EVERY == 0 or number == len(talk):
                    self._post(http, scope, "commit", f"c{number}")

    def _post(self, http: httpx.Client, scope: MemoryScope, path: str, key: str, **body: Any) -> None:
        ids = {"userId": scope.user_id, "agentId": scope.agent_id}
        while True:
            with contextlib.suppress(httpx.HTTPError):
                response = http.post(
                    f"/open/v1/memory/async/{path}", json={**ids, **body}, headers={"Idempotency-Key": key}
                )
                if response.status_code == 202:
                    return
                if response.status_code not in {429, 503}:
                    raise AssertionError(response.text)
            time.sleep(0.1)

    def undisturbed(self, talks: list[list[dict[str, Any]]]) -> None:
        self.start()
        assert self.wait_until_ready()
        self._budget.release(self.plan.messages)
        for thread in self.send("reference", talks):
            thread.join()
        self.acknowledged = 0
        self.settle()
        self.stop()

    def disturbed(self, talks: list[list[dict[str, Any]]], show: Any = None) -> None:
        threads = self.send("chaos", talks)
        faults = self._faults()
        database_kills = {
            round((n + 1) * self.plan.kills / (self.plan.neo4j_kills + 1)) for n in range(self.plan.neo4j_kills)
        }
        share = -(-self.plan.messages // self.plan.kills)
        for number in range(1, self.plan.kills + 1):
            fault = next(faults)
            self.start(fault)
            if self.wait_until_ready():
                self._budget.release(share)
                if number in database_kills:
                    self._kill_neo4j()
                self._until_dead()
            self.kills[fault.rpartition(" ")[0] or "at random"] += 1
            if show:
                show(number, self.acknowledged)
        self.start()
        assert self.wait_until_ready()
        self._budget.release(self.plan.messages)
        for thread in threads:
            thread.join(_SETTLE_SECONDS)
            assert not thread.is_alive(), "a message was never acknowledged"
        self.settle()

    def _faults(self) -> Iterator[str]:
        """Every phase of every statement in turn, each at a random one of its first times; every fourth kill at random."""
        points = itertools.cycle([(phase, name) for name in STATEMENTS for phase in PHASES])
        for number in itertools.count(1):
            phase, name = next(points)
            yield "" if number % 4 == 0 else f"{phase} {name} {self._rng.randint(1, 3)}"

    def _until_dead(self) -> None:
        deadline = time.monotonic() + self._rng.uniform(0.3, 2.0)
        point = time.monotonic() + _LIFE_SECONDS
        assert self._process is not None
        while self.lives and time.monotonic() < (point if self._fault_set else deadline):
            time.sleep(0.02)
        if self.lives:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait(60)

    @property
    def _fault_set(self) -> bool:
        assert self._process is not None
        with contextlib.suppress(psutil.Error):
            return bool(psutil.Process(self._process.pid).environ().get("MNEMON_CHAOS"))
        return False

    def _kill_neo4j(self) -> None:
        time.sleep(self._rng.uniform(0.1, 0.8))
        state = running_server(Neo4jHome(self.folder))
        assert state is not None
        for process in psutil.Process(state.pid).children(recursive=True):
            process.send_signal(signal.SIGKILL)
        self.kills["Neo4j"] += 1
        time.sleep(0.5)
        self.mnemon("neo4j", "start")

    def settle(self) -> None:
        """Until no operation waits."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while self.query("MATCH (o:Operation) WHERE o.status IN ['accepted', 'running'] RETURN count(*) AS n")[0]["n"]:
            assert time.monotonic() < deadline, "an operation is stuck"
            time.sleep(0.2)

    def query(self, text: str) -> list[dict[str, Any]]:
        home = Neo4jHome(self.folder)
        state = running_server(home)
        assert state is not None
        with neo4j.GraphDatabase.driver(state.uri, auth=("neo4j", home.password())) as driver:
            return [record.data() for record in driver.execute_query(cast("LiteralString", text)).records]


def report_of(run: Run, talks: list[list[dict[str, Any]]]) -> Report:
    """Compares what there is with what was said and with the undisturbed run."""
    found = Report(kills=run.kills, differences=[], left=_left(run), acknowledged=run.acknowledged)
    with httpx.Client(base_url=run.url, timeout=60) as http:
        for number, talk in enumerate(talks):
            said = Counter(m["content"][0]["text"] + m["timestamp"] for m in talk)
            rows = Memory(http, run.scope("chaos", number)).bundle("rawData")
            stored = Counter(row["text"] + row["occurredAt"] for row in rows)
            found.lost += (said - stored).total()
            found.doubled += (stored - said).total()
            shapes = [_shape(Memory(http, run.scope(agent, number))) for agent in ("chaos", "reference")]
            for part in shapes[0]:
                if shapes[0][part] != shapes[1][part]:
                    odd = set(map(str, shapes[0][part])) ^ set(map(str, shapes[1][part]))
                    found.differences.append(f"memory {number}: {len(odd)} of {part} differ: {sorted(odd)[:2]}")
    return found


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
    """What a run may not leave behind."""
    queries = {
        "unfinished operations": "MATCH (n:Operation) WHERE n.status IN ['accepted', 'running'] RETURN count(n) AS n",
        "failed operations": "MATCH (n:Operation {status: 'failed'}) RETURN count(n) AS n",
        "messages without an operation": "MATCH (n:RawData) WHERE NOT (n)<-[:STORED]-() RETURN count(n) AS n",
        "messages not extracted": "MATCH (n:RawData) WHERE n.state <> 'extracted' RETURN count(n) AS n",
        "messages not indexed": "MATCH (n:RawData) WHERE n.searchText IS NULL OR n.embedding IS NULL RETURN count(n) AS n",
        "facts without a source": "MATCH (n:Fact) WHERE NOT (n)-[:EXTRACTED_FROM]->() RETURN count(n) AS n",
        "facts not indexed": "MATCH (n:Fact) WHERE n.embedding IS NULL RETURN count(n) AS n",
        "entities that nothing mentions": "MATCH (n:Entity) WHERE NOT (n)<-[:MENTIONS]-() RETURN count(n) AS n",
        "insights without a source": "MATCH (n:Insight) WHERE NOT (n)-[:DERIVED_FROM]->() RETURN count(n) AS n",
        "kept answers": "MATCH (n:ModelAnswer) RETURN count(n) AS n",
        "wrong counts of what waits": "MATCH (n:Memory) WHERE n.waiting <> 0 RETURN count(n) AS n",
        "leases": "MATCH (n:Memory) WHERE n.leaseUntil > datetime() + duration('PT20S') RETURN count(n) AS n",
        "indexes that are not online": "SHOW INDEXES YIELD state WHERE state <> 'ONLINE' RETURN count(*) AS n",
    }
    return {name: run.query(text)[0]["n"] for name, text in queries.items()}


def chaos(folder: Path, plan: Plan, show: Any = None) -> Report:
    """Raises AssertionError where a message is never acknowledged or an operation never ends."""
    started = time.monotonic()
    run = Run(folder, plan)
    talks = conversation_of(plan)
    run.mnemon("neo4j", "start")
    try:
        run.undisturbed(talks)
        run.disturbed(talks, show)
        report = report_of(run, talks)
        run.stop()
    finally:
        if run.lives:
            run.stop(signal.SIGKILL)
        run.mnemon("neo4j", "stop")
    report.seconds = time.monotonic() - started
    return report
