"""Tasks that belong together."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator


@contextlib.asynccontextmanager
async def siblings() -> AsyncGenerator[asyncio.TaskGroup]:
    """Run tasks side by side until all have ended. If one fails, the others are cancelled and its error is raised.

    asyncio.gather would leave the others running after the caller has answered or closed its database.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
