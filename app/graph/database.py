"""Runs statements. Only this module and `shown_values` import the driver."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, LiteralString, cast

import msgspec
import neo4j
import numpy as np
from neo4j import AsyncManagedTransaction, AsyncTransaction, Query
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)
from neo4j.time import Date, DateTime
from neo4j.vector import Vector
from numpy.typing import NDArray

from app.domain.errors import SetupError, StatementFailed, Unavailable
from app.graph.shown_values import TextAnswer, shown_value
from app.graph.statements import with_parameters

Row = dict[str, Any]

_TRIES = 6
_FIRST_PAUSE_SECONDS = 0.05
_POOL_SIZE = 40
_ACQUISITION_SECONDS = 10
_CONNECT_SECONDS = 5
_IDLE_CHECK_SECONDS = 30
_READ_SECONDS = 20.0
_WRITE_SECONDS = 60.0
TRANSACTION_SECONDS = 120.0
# For forgetting in a very large memory.
LONG_TRANSACTION_SECONDS = 1800.0
# Added to each timeout for the network; after that, the connection counts as dead although it was never closed.
_SILENCE_SECONDS = 10.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a transaction. With `must_match`, the transaction is rolled back if it returns no row."""

    name: str
    parameters: dict[str, Any]
    must_match: bool = False


class NothingMatched(Exception):
    """A step with `must_match` returned no row; the transaction was rolled back."""


class _TakenBackError(Exception):
    """Rolls back a rehearsed transaction and carries its rows."""

    def __init__(self, rows: list[list[Row]]) -> None:
        super().__init__()
        self.rows = rows


class Database:
    """A Neo4j database; rows come as plain dictionaries.

    Raises Unavailable if it can't be reached, StatementFailed if it refuses a statement, and SetupError for an invalid
    address (in the constructor) or wrong credentials.
    """

    def __init__(self, uri: str, *, user: str, password: str, database: str) -> None:
        try:
            self._driver = neo4j.AsyncGraphDatabase.driver(
                uri,
                auth=(user, password),
                max_connection_pool_size=_POOL_SIZE,
                connection_acquisition_timeout=_ACQUISITION_SECONDS,
                connection_timeout=_CONNECT_SECONDS,
                liveness_check_timeout=_IDLE_CHECK_SECONDS,
                notifications_min_severity="OFF",
                user_agent="mnemon",
            )
        except (ConfigurationError, ValueError) as error:
            raise SetupError(
                f"MNEMON_NEO4J_URI can't be {uri!r}: it is an address such as bolt://127.0.0.1:7687."
            ) from error
        self._database = database

    async def aclose(self) -> None:
        await self._driver.close()

    async def read(self, name: str, /, *, timeout_seconds: float = _READ_SECONDS, **parameters: Any) -> list[Row]:
        """Return all rows of a read statement, in one round trip. Retryable errors are retried (see `_repeated`)."""
        return await self._auto_commit(name, parameters, timeout_seconds, neo4j.READ_ACCESS)

    async def read_text(
        self, text: str, parameters: Mapping[str, Any], *, timeout_seconds: float = TRANSACTION_SECONDS
    ) -> TextAnswer:
        """Run a statement of the user's own, which may not write. Raises SetupError with Neo4j's message if it is refused."""
        query = Query(cast("LiteralString", text), timeout=timeout_seconds)
        try:
            async with self._driver.session(database=self._database, default_access_mode=neo4j.READ_ACCESS) as session:
                result = await session.run(query, dict(parameters))
                rows = [[shown_value(value) for value in record.values()] async for record in result]
                return TextAnswer(columns=list(result.keys()), rows=rows)
        except Neo4jError as error:
            raise SetupError(f"Neo4j refuses the statement: {error.message}") from error
        except (DriverError, OSError) as error:
            raise Unavailable from error

    async def write(self, name: str, /, **parameters: Any) -> list[Row]:
        """Return all rows of a write statement, committed in one round trip. It must be idempotent: it may be retried."""
        return await self._auto_commit(name, parameters, _WRITE_SECONDS, neo4j.WRITE_ACCESS)

    async def write_all(
        self, steps: Sequence[Step], *, timeout_seconds: float = TRANSACTION_SECONDS
    ) -> list[list[Row]]:
        """Run all steps in one transaction. Raises NothingMatched if a step with `must_match` returns no row."""

        async def run(transaction: AsyncManagedTransaction) -> list[list[Row]]:
            return [await _run_step(transaction, step) for step in steps]

        return await self._translated(self._transaction(run, timeout_seconds))

    async def rehearse(self, steps: Sequence[Step]) -> list[list[Row]]:
        """Return the rows of all steps, in a transaction that is rolled back."""

        async def run(transaction: AsyncManagedTransaction) -> list[list[Row]]:
            raise _TakenBackError([await _run_step(transaction, step) for step in steps])

        try:
            return await self._translated(self._transaction(run, LONG_TRANSACTION_SECONDS))
        except _TakenBackError as taken_back:
            return taken_back.rows

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncGenerator["Transaction"]:
        """Open one transaction for several reads. It is closed with the block and never retried."""
        async with self._driver.session(database=self._database) as session:
            transaction = cast("AsyncTransaction", await self._translated(session.begin_transaction()))
            try:
                yield Transaction(transaction, self._translated)
            finally:
                await self._translated(transaction.close())

    async def define(self, text: str, parameters: Mapping[str, Any]) -> None:
        """Run a migration's schema statement (its text is in graph_schema, not in this package)."""

        async def run() -> None:
            async with self._driver.session(database=self._database) as session:
                result = await session.run(Query(text), dict(parameters))  # pyright: ignore[reportArgumentType] - DDL
                await result.consume()

        await self._translated(run())

    async def define_all(self, texts: Sequence[str], parameters: Mapping[str, Any]) -> None:
        """Create indexes and constraints in one transaction."""

        async def run(transaction: AsyncManagedTransaction) -> None:
            for text in texts:
                result = await transaction.run(cast("LiteralString", text), dict(parameters))
                await result.consume()

        async with self._driver.session(database=self._database) as session:
            await self._translated(session.execute_write(run))

    async def _transaction(self, run: Any, timeout_seconds: float) -> list[list[Row]]:
        async with (
            asyncio.timeout(timeout_seconds + _SILENCE_SECONDS),
            self._driver.session(database=self._database) as session,
        ):
            return await session.execute_write(neo4j.unit_of_work(timeout=timeout_seconds)(run))

    async def _auto_commit(
        self, name: str, parameters: Mapping[str, Any], timeout_seconds: float, access: str
    ) -> list[Row]:
        text, sent = with_parameters(name, parameters)

        async def run() -> list[Row]:
            query = Query(text, timeout=timeout_seconds)
            async with (
                asyncio.timeout(timeout_seconds + _SILENCE_SECONDS),
                self._driver.session(database=self._database, default_access_mode=access) as session,
            ):
                result = await session.run(query, sent)
                return _flattened([_plain_row(record) async for record in result])

        return await self._translated(self._repeated(run, timeout_seconds))

    async def _repeated(self, run: Any, budget_seconds: float) -> list[Row]:
        """Retry retryable errors (a dead pooled connection, a deadlock) with backoff, for a few seconds at most."""
        deadline = time.monotonic() + min(budget_seconds, _CONNECT_SECONDS)
        for attempt in range(1, _TRIES + 1):
            try:
                return await run()
            except (DriverError, Neo4jError) as error:
                pause = _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
                if attempt == _TRIES or not error.is_retryable() or time.monotonic() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _translated(self, awaitable: Any) -> Any:
        try:
            return await awaitable
        except AuthError as error:
            raise SetupError("Neo4j refuses the user or password.") from error
        except (ServiceUnavailable, SessionExpired) as error:
            raise Unavailable from error
        except Neo4jError as error:
            if error.is_retryable() or is_timeout(error) or is_resource_error(error):
                raise Unavailable(code=error.code) from error
            raise StatementFailed(error.code) from error
        except (DriverError, OSError) as error:
            raise Unavailable from error


class Transaction:
    def __init__(self, transaction: AsyncTransaction, translated: Callable[[Awaitable[Any]], Awaitable[Any]]) -> None:
        self._transaction = transaction
        self._translated = translated

    async def run(self, step: Step) -> list[Row]:
        """Like `Database.read`, inside the transaction and without retries."""
        return _flattened(await self._translated(_run_step(self._transaction, step)))

    async def stream(self, step: Step) -> AsyncGenerator[Row]:
        """Yield rows one by one as the database returns them, without holding all in memory."""
        result = await self._translated(self._transaction.run(*with_parameters(step.name, step.parameters)))
        records = aiter(result)
        while True:
            try:
                record = await self._translated(anext(records))
            except StopAsyncIteration:
                return
            yield _plain_row(record)


def is_timeout(error: Neo4jError) -> bool:
    return "TransactionTimedOut" in (error.code or "")


def is_resource_error(error: Neo4jError) -> bool:
    """Return True for temporary server problems: out of memory or disk, read-only, shutting down."""
    code = error.code or ""
    return code.startswith(("Neo.TransientError", "Neo.DatabaseError.General", "Neo.DatabaseError.Transaction")) or (
        "ReadOnly" in code
        or "AuthenticationRateLimit" in code
        or "DatabaseUnavailable" in code
        or "ForbiddenOnReadOnlyDatabase" in code
    )


async def _run_step(transaction: AsyncTransaction | AsyncManagedTransaction, step: Step) -> list[Row]:
    result = await transaction.run(*with_parameters(step.name, step.parameters))
    rows = [_plain_row(record) async for record in result]
    if step.must_match and not rows:
        raise NothingMatched(step.name)
    return rows


def _flattened(rows: list[Row]) -> list[Row]:
    """Return the elements of `rows` if the statement returned one row with a list of that name.

    Statements with many rows do so: the driver needs about 0.1 ms per row, which for 50 rows is more than the query itself
    takes; one row with a list costs as much as any single row.
    """
    if len(rows) == 1 and rows[0].keys() == {"rows"}:
        return rows[0]["rows"]
    return rows


def _plain_row(record: neo4j.Record) -> Row:
    return _plain_map(dict(cast("list[tuple[str, Any]]", record.items())))


def _plain_list(values: list[Any]) -> list[Any]:
    return [convert(value) if (convert := _PLAIN.get(value.__class__)) else value for value in values]


def _plain_map(values: Mapping[str, Any]) -> Row:
    return {key: convert(value) if (convert := _PLAIN.get(value.__class__)) else value for key, value in values.items()}


def _plain_datetime(value: DateTime) -> datetime:
    # Use a plain offset: the driver's UTC is a named zone, and Neo4j treats 10:00[UTC] and 10:00+00:00 as different values.
    native = value.to_native()
    offset = native.utcoffset()
    return native if offset is None else native.replace(tzinfo=timezone(offset))


def _plain_vector(value: Vector) -> NDArray[np.float32]:
    return np.frombuffer(value.raw(), dtype=">f4").astype(np.float32)


# Converts Neo4j's temporal values to Python's and its vectors to arrays, at any nesting level; other types stay as they are.
# A look-up by type, because an answer holds tens of thousands of values. `shown_values` does the same for printing.
_PLAIN: dict[type[Any], Callable[[Any], Any]] = {
    DateTime: _plain_datetime,
    Date: Date.to_native,
    Vector: _plain_vector,
    list: _plain_list,
    dict: _plain_map,
}
