"""The Litestar application, from the use cases it serves."""

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import litestar_offline_docs
from litestar import Litestar, Request, Response, static_files
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import Tag
from litestar.types import ASGIApp
from mcp.server.mcpserver import MCPServer
from msgspec import Struct

from app.api import browser, explorer, pages
from app.api.allowed_methods import allowed_methods_middleware
from app.api.api_key import access_guard
from app.api.envelope import EXCEPTION_HANDLERS
from app.api.json_request import JsonRequest
from app.api.local_access import LocalAccess
from app.api.mcp import endpoint as mcp
from app.api.mcp.server import MemoryTools, create_server
from app.api.memanto_v2 import errors as memanto_errors
from app.api.memanto_v2.access import TOKEN_HEADER, new_token_middleware
from app.api.memanto_v2.context import MemantoUseCases
from app.api.memanto_v2.router import memanto_router
from app.api.memind_v1.audit import AuditController
from app.api.memind_v1.bundles import BundleController
from app.api.memind_v1.context import ContextController
from app.api.memind_v1.entities import EntityController
from app.api.memind_v1.exploring import ExploreController
from app.api.memind_v1.forgetting import ForgetController
from app.api.memind_v1.graph import GraphController
from app.api.memind_v1.handlers import CONTROLLERS, Writing
from app.api.memind_v1.operations import OperationController
from app.api.memind_v1.published_client import published_client_middleware
from app.api.openai_v1.chat import ITEMS, WARNING, ChatController
from app.api.openapi.document import complete
from app.api.request_id import HEADER, request_id_middleware
from app.api.request_limits import RequestLimits
from app.api.request_rate import rate_limit
from app.models.openai.endpoint import Endpoint
from app.services.access.audit import Audit
from app.services.access.keys import Keys
from app.services.bundles.accept_import import AcceptImport
from app.services.bundles.export_memory import ExportMemory
from app.services.extraction.join_entities import MergeEntities, SplitEntity
from app.services.forgetting.forget import AcceptForget
from app.services.operations.accept import AcceptOperation
from app.services.operations.answer_once import AnswerOnce
from app.services.operations.follow import (
    AwaitOperation,
    CancelOperation,
    GetOperation,
    ListOperations,
    RetryOperations,
    WatchOperation,
)
from app.services.retrieval.build_context import BuildContext
from app.services.retrieval.explore import Explore
from app.services.retrieval.queries import QueryItems, QueryRawData
from app.services.retrieval.retrieve import RetrieveMemory
from app.services.retrieval.traces import GetTrace
from app.services.upkeep.health import CheckReadiness
from app.services.upkeep.metrics import ReadMetrics

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
_LOOPBACK_ORIGINS = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


class UseCases(Struct, frozen=True, kw_only=True):
    """Everything that handlers call."""

    accept: AcceptOperation
    accept_import: AcceptImport
    accept_forget: AcceptForget
    export_memory: ExportMemory
    await_operation: AwaitOperation
    get_operation: GetOperation
    list_operations: ListOperations
    watch_operation: WatchOperation
    retry_operations: RetryOperations
    cancel_operation: CancelOperation
    answer_once: AnswerOnce
    retrieve_memory: RetrieveMemory
    get_trace: GetTrace
    explore: Explore
    build_context: BuildContext
    endpoint: Endpoint
    query_items: QueryItems
    query_raw_data: QueryRawData
    merge_entities: MergeEntities
    split_entity: SplitEntity
    check_readiness: CheckReadiness
    read_metrics: ReadMetrics
    keys: Keys
    audit: Audit
    memanto: MemantoUseCases


def create_application(
    use_cases: UseCases,
    *,
    lifespan: Lifespan,
    api_key: str,
    allowed_hosts: Collection[str],
    sync_timeout: float,
    max_body_bytes: int,
    requests_per_minute: int,
    request_seconds: float,
    browser_url: str | None = None,
) -> ASGIApp:
    writing = Writing(use_cases.accept, use_cases.await_operation, sync_timeout=sync_timeout)
    manager = mcp.session_manager(mcp_server(use_cases, writing), max_body_bytes=max_body_bytes)
    application = Litestar(
        route_handlers=[
            *CONTROLLERS,
            AuditController,
            BundleController,
            EntityController,
            ContextController,
            ChatController,
            ExploreController,
            ForgetController,
            GraphController,
            OperationController,
            memanto_router(use_cases.memanto, keys=use_cases.keys),
            *pages.HANDLERS,
            *browser.HANDLERS,
            *explorer.handlers(browser_url),
            mcp.handler(manager),
            static_files.create_static_files_router(
                path="/static/docs",
                directories=[Path(litestar_offline_docs.__file__).parent / "static"],
                include_in_schema=False,
            ),
        ],
        dependencies={
            "writing": _provided(writing),
            **{name: _provided(getattr(use_cases, name)) for name in UseCases.__struct_fields__},
        },
        lifespan=[lifespan, lambda _: manager.run()],
        guards=[access_guard(use_cases.keys, LocalAccess(allowed_hosts))],
        middleware=[
            *rate_limit(requests_per_minute),
            RequestLimits(seconds=request_seconds),
        ],
        exception_handlers=_exception_handlers(),
        request_class=JsonRequest,
        request_max_body_size=max_body_bytes,
        cors_config=_cors(api_key),
        openapi_config=_openapi(),
        logging_config=None,
    )
    complete(application.openapi_schema)
    # Wrap the application: Litestar does not run its own middleware for unknown routes.
    with_token = new_token_middleware(allowed_methods_middleware(application, application))
    return request_id_middleware(published_client_middleware(with_token))


def mcp_server(use_cases: UseCases, writing: Writing) -> MCPServer[Any]:
    return create_server(
        MemoryTools(
            build_context=use_cases.build_context,
            explore=use_cases.explore,
            writing=writing,
            accept_forget=use_cases.accept_forget,
        )
    )


def _provided(value: object) -> Provide:
    async def provide() -> Any:
        return value

    return Provide(provide, use_cache=True)


def _exception_handlers() -> dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]]:
    """Choose the contract's error handlers by path, also for unknown routes."""

    def handler(kind: int | type[Exception]) -> Callable[[Request[Any, Any, Any], Any], Response[Any]]:
        ours, memantos = EXCEPTION_HANDLERS[kind], memanto_errors.HANDLERS[kind]

        def handle(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
            return (memantos if request.url.path.startswith(memanto_errors.PREFIX) else ours)(request, error)

        return handle

    return {kind: handler(kind) for kind in EXCEPTION_HANDLERS}


def _cors(api_key: str) -> CORSConfig:
    """Allow all origins if an API key is set, as in the contract. Without a key, allow loopback origins only, or any
    web site that the user visits could read the memories.
    """
    exposed = [HEADER, TOKEN_HEADER, ITEMS, WARNING]
    if api_key:
        return CORSConfig(allow_origins=["*"], expose_headers=exposed)
    return CORSConfig(allow_origins=[], allow_origin_regex=_LOOPBACK_ORIGINS, expose_headers=exposed)


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Mnemon API",
        version="v1",
        description="Graph memory for AI agents: Memind's and Memanto's contracts on one graph, with provenance and traces.",
        path="/schema",
        tags=[
            Tag(name="memory", description="Runtime memory ingestion, retrieval, and health endpoints."),
            Tag(name="memanto", description="Agents with sessions: remember, extract, recall, answer."),
            Tag(name="service", description="Liveness, readiness and metrics."),
        ],
        render_plugins=[
            SwaggerRenderPlugin(
                js_url="/static/docs/swagger-ui-bundle.js",
                css_url="/static/docs/swagger-ui.css",
                standalone_preset_js_url="/static/docs/swagger-ui-standalone-preset.js",
                path=["/", "/swagger"],
                favicon="<link rel='icon' href='data:,'>",
            ),
        ],
    )
