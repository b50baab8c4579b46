"""Counts of the whole database in Prometheus' text format."""

import time
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.domain.operations import DROP_REASONS
from app.domain.usage import Meter, Usage
from app.graph.database import Database, Row
from app.observability.stages import STAGE_FAILURES, StageFailures

_KEPT_SECONDS = 5.0


class ReadMetrics:
    """Counts in the database, so that every process reports the same numbers; cached for five seconds."""

    def __init__(
        self, db: Database, reasoning: Meter, chats: Meter, stage_failures: StageFailures = STAGE_FAILURES
    ) -> None:
        """`reasoning`, `chats`: model usage of retrieval and of /v1 in this process, which is not stored on any operation."""
        self._db = db
        self._stage_failures = stage_failures
        self._reasoning = reasoning
        self._chats = chats
        self._text = b""
        self._until = 0.0

    async def __call__(self) -> bytes:
        """Raises Unavailable."""
        if time.monotonic() >= self._until:
            totals = await self._db.read("operations/totals")
            backlog = (await self._db.read("system/backlog"))[0]
            registry = CollectorRegistry()
            usage = {"reasoning": self._reasoning.total, "chat": self._chats.total}
            registry.register(_Totals(totals, backlog, usage, self._stage_failures.totals))
            self._text = generate_latest(registry)
            self._until = time.monotonic() + _KEPT_SECONDS
        return self._text


class _Totals(Collector):
    """Gauges, not counters: the numbers decrease when memories are forgotten."""

    def __init__(
        self,
        totals: list[Row],
        backlog: Row,
        usage: Mapping[str, Usage],
        stage_failures: Mapping[tuple[str, str], int],
    ) -> None:
        """`usage`: of this process, by what it was for."""
        self._totals = totals
        self._stage_failures = stage_failures
        self._usage = usage
        self._backlog = backlog

    def collect(self) -> Iterator[Metric]:
        operations = GaugeMetricFamily("mnemon_operations", "Operations by kind and status.", labels=["kind", "status"])
        for row in self._totals:
            operations.add_metric([row["kind"], row["status"]], row["number"])
        yield operations
        calls = GaugeMetricFamily("mnemon_model_calls", "Answers of the language model.")
        calls.add_metric([], sum(row["calls"] for row in self._totals))
        yield calls
        tokens = GaugeMetricFamily(
            "mnemon_model_tokens", "Tokens to and from the language model.", labels=["direction"]
        )
        for direction, column in (("in", "tokensIn"), ("out", "tokensOut")):
            tokens.add_metric([direction], sum(row[column] for row in self._totals))
        yield tokens
        yield from self._of_this_process()
        dropped = GaugeMetricFamily(
            "mnemon_dropped_facts", "Facts dropped from model answers, by reason.", labels=["reason"]
        )
        for reason in DROP_REASONS:
            dropped.add_metric([reason], sum(row[reason] for row in self._totals))
        yield dropped
        yield GaugeMetricFamily("mnemon_waiting_memories", "Memories whose work is due.", self._backlog["waiting"])
        yield GaugeMetricFamily("mnemon_waiting_messages", "Messages not extracted yet.", self._backlog["messages"])
        oldest = self._backlog["oldestSeconds"] or 0
        yield GaugeMetricFamily("mnemon_oldest_wait_seconds", "Seconds that the oldest due memory has waited.", oldest)
        failures = CounterMetricFamily(
            "mnemon_stage_failures", "Failed stages of this process, by stage and error.", labels=["stage", "error"]
        )
        for (stage, error), number in sorted(self._stage_failures.items()):
            failures.add_metric([stage, error], number)
        yield failures

    def _of_this_process(self) -> Iterator[Metric]:
        for name, usage in self._usage.items():
            yield GaugeMetricFamily(f"mnemon_{name}_calls", f"Model answers for {name} in this process.", usage.calls)
            tokens = GaugeMetricFamily(
                f"mnemon_{name}_tokens", f"Tokens for {name}, by this process.", labels=["direction"]
            )
            tokens.add_metric(["in"], usage.tokens_in)
            tokens.add_metric(["out"], usage.tokens_out)
            yield tokens
