"""Liveness, readiness and metrics."""

from datetime import datetime
from importlib.metadata import version

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect
from msgspec import Struct

from app.domain.access import Right, caller
from app.services.upkeep.health import CheckReadiness
from app.services.upkeep.metrics import ReadMetrics


class Liveness(Struct):
    status: str


class Readiness(Struct):
    """`components`: "up" or what is wrong, by name."""

    status: str
    components: dict[str, str]


class Health(Struct):
    status: str
    service: str
    version: str
    moorcheh_connected: bool


@get("/live", tags=["service"], operation_id="live", summary="Live")
async def live() -> Liveness:
    """Return 200 while the process runs, whatever the state of the database."""
    return Liveness(status="up")


@get("/ready", tags=["service"], operation_id="ready", summary="Ready")
async def ready(check_readiness: NamedDependency[CheckReadiness]) -> Response[Readiness]:
    """200 when requests can be served, else 503 with what is wrong."""
    components = await check_readiness()
    up = all(state == "up" for state in components.values())
    headers = {} if up else {"Retry-After": "2"}
    return Response(
        Readiness(status="up" if up else "down", components=components),
        status_code=200 if up else 503,
        headers=headers,
    )


@get("/health", tags=["service"], operation_id="memantoHealth", summary="Health of Memanto's contract")
async def health(check_readiness: NamedDependency[CheckReadiness]) -> Health:
    """Always 200. `moorcheh_connected` is the contract's name for the store behind it: here, Neo4j."""
    components = await check_readiness()
    return Health(
        status="healthy" if all(state == "up" for state in components.values()) else "unhealthy",
        service="MEMANTO",
        version=version("mnemon"),
        moorcheh_connected=components.get("database") == "up",
    )


@get("/metrics", tags=["service"], operation_id="metrics", summary="Metrics", media_type="text/plain; version=0.0.4")
async def metrics(read_metrics: NamedDependency[ReadMetrics]) -> bytes:
    """Operations, waiting work and the language model's calls and tokens, in Prometheus' text format."""
    return await read_metrics()


class Whoami(Struct, kw_only=True, rename="camel"):
    """`name`: the key's, empty without keys; `right`: read, write, forget or admin, each with those before it; `users` and
    `agents`: what the key is bound to, a name or a beginning with *; empty means all.
    """

    name: str
    right: Right
    users: list[str]
    agents: list[str]
    expires_at: datetime | None = None


@get("/whoami", tags=["service"], operation_id="whoami", summary="Who Am I")
async def whoami() -> Whoami:
    """Return what the request's key may do."""
    found = caller.get()
    return Whoami(
        name=found.name,
        right=found.right,
        users=list(found.users),
        agents=list(found.agents),
        expires_at=found.expires_at,
    )


@get("/", include_in_schema=False)
async def root() -> Redirect:
    """Redirect the bare address to the API page."""
    return Redirect(path="/schema")


HANDLERS = [live, ready, health, metrics, whoami, root]
