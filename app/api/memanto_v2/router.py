"""All routes of /api/v2, behind their guards."""

from litestar import Router
from litestar.di import Provide

from app.api.memanto_v2.access import management_guard, own_session_guard, session_guard
from app.api.memanto_v2.agents import AgentController, OwnSessionController
from app.api.memanto_v2.context import MemantoUseCases, here
from app.api.memanto_v2.days import DayController
from app.api.memanto_v2.errors import PREFIX
from app.api.memanto_v2.memories import MemoryController
from app.api.memanto_v2.policies import PolicyController
from app.api.memanto_v2.recalling import RecallController
from app.services.access.keys import Keys


def memanto_router(use_cases: MemantoUseCases, *, keys: Keys) -> Router:
    async def provide() -> MemantoUseCases:
        return use_cases

    managed = Router(path="/", route_handlers=[AgentController], guards=[management_guard(keys)])
    own_session = Router(
        path="/",
        route_handlers=[OwnSessionController],
        guards=[own_session_guard(use_cases.sessions, keys)],
    )
    in_session = Router(
        path="/",
        route_handlers=[MemoryController, RecallController, DayController, PolicyController],
        guards=[session_guard(use_cases.sessions, keys)],
    )
    return Router(
        path=PREFIX,
        route_handlers=[managed, own_session, in_session],
        dependencies={"memanto": Provide(provide, use_cache=True), "here": Provide(here)},
    )
