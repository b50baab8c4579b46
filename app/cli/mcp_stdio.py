"""`mnemon mcp`: the Model Context Protocol on standard input and output. Nothing else is written there."""

from app.api.checks import scope_of
from app.api.mcp.server import memory
from app.bootstrap import Runtime, build_mcp_server, prepare_runtime, running_worker
from app.connections import neo4j_address
from app.domain.errors import InvalidInput, SetupError
from app.domain.scope import MemoryScope
from app.settings import Settings


async def serve_stdio(settings: Settings, scope: MemoryScope) -> None:
    """Serve until standard input ends, with workers of this process."""
    try:
        memory.set(scope_of(scope.user_id, scope.agent_id))
    except InvalidInput as error:
        raise SetupError(error.fields) from error
    async with Runtime(settings, neo4j_address(settings)) as runtime:
        await prepare_runtime(runtime)
        server = build_mcp_server(runtime)
        async with running_worker(runtime, lanes=settings.workers):
            await server.run_stdio_async()
