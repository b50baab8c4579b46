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

    def __init__(self, db: Database, reasoning: Meter, stage_failures: StageFailures = STAGE_FAILURES) -> None:
        """`reasoning`: model usage of retrieval in this process, which is not stored on any operation."""
        self._db = db
        self._stage_failures = stage_failures
        self._reasoning = reasoning
        self._text = b""
        self._until = 0.0

    async def __call__(self) -> bytes:
        """Raises Unavailable."""
        if time.monotonic() >= self._until:
            totals = await self._db.read("operations/totals")
            backlog = (await self._db.read("system/backlog"))[0]
            registry = CollectorRegistry()
            registry.register(_Totals(totals, backlog, self._reasoning.total, self._stage_failures.totals))
            self._text = generate_latest(registry)
            self._until = time.monotonic() + _KEPT_SECONDS
        return self._text


class _Totals(Collector):
    """Gauges, not counters: the numbers decrease when memories are forgotten."""

    def __init__(
        self, totals: list[Row], backlog: Row, reasoning: Usage, stage_failures: Mapping[tuple[str, str], int]
    ) -> None:
        self._totals = totals
        self._stage_failures = stage_failures
        self._reasoning = reasoning
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
        yield GaugeMetricFamily(
            "mnemon_reasoning_calls", "Model answers for retrieval in this process.", self._reasoning.calls
        )
        reasoning = GaugeMetricFamily(
            "mnemon_reasoning_tokens", "Tokens for retrieval, by this process.", labels=["direction"]
        )
        reasoning.add_metric(["in"], self._reasoning.tokens_in)
        reasoning.add_metric(["out"], self._reasoning.tokens_out)
        yield reasoning
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
