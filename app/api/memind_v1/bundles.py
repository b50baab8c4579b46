"""Import and export: an extension of /open/v1/memory."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from app.api.checks import scope_of
from app.api.idempotency import IdempotencyKey
from app.api.json_request import media_type_of
from app.api.memind_v1.responses import SuccessResultOperationAccepted, accepted
from app.domain.bundle import BundleLine
from app.domain.limits import MAX_ID_CHARACTERS
from app.services.access.audit import Audit
from app.services.bundles.accept_import import AcceptImport
from app.services.bundles.export_memory import ExportMemory

NDJSON = "application/x-ndjson"
# The names in use for JSON lines, none of which is registered.
_BUNDLE_TYPES = (NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines")


class BundleController(Controller):
    path = "/open/v1/memory"
    tags = ("memory",)

    @post(
        "/import",
        status_code=202,
        operation_id="importMemory",
        summary="Import Memory",
        request_max_body_size=None,
        responses={202: ResponseSpec(SuccessResultOperationAccepted, description="Every line is checked and kept")},
    )
    async def import_memory(
        self,
        request: Request[Any, Any, Any],
        accept_import: NamedDependency[AcceptImport],
        user_id: Annotated[str, QueryParameter(name="userId", max_length=MAX_ID_CHARACTERS)],
        agent_id: Annotated[str, QueryParameter(name="agentId", max_length=MAX_ID_CHARACTERS)],
        idempotency_key: IdempotencyKey = None,
        *,
        partial: bool = False,
        extract: bool = False,
    ) -> SuccessResultOperationAccepted:
        """Import a memory bundle of any length: one JSON object per line (docs/bundle.md). Responds when every line is
        checked and queued; the operation returns the progress. An invalid line rejects the whole bundle; with
        `partial=true` it is skipped and reported by the operation. `extract=true` extracts facts from raw data that
        no fact cites, in operations of their own that follow the import.
        """
        scope = scope_of(user_id, agent_id)
        if media_type_of(request) not in _BUNDLE_TYPES:
            raise HTTPException(status_code=415, detail=f"Content-Type must be {NDJSON}")
        operation_id = await accept_import(
            scope, request.stream(), partial=partial, extract=extract, key=idempotency_key
        )
        return accepted(operation_id)

    @get(
        "/export",
        operation_id="exportMemory",
        summary="Export Memory",
        media_type=NDJSON,
        response_headers=[ResponseHeader(name="Content-Disposition", documentation_only=True)],
        responses={200: ResponseSpec(BundleLine, media_type=NDJSON, description="A line each, streamed")},  # pyright: ignore[reportArgumentType] - a union of Structs
    )
    async def export_memory(
        self,
        export_memory: NamedDependency[ExportMemory],
        audit: NamedDependency[Audit],
        user_id: Annotated[str, QueryParameter(name="userId", max_length=MAX_ID_CHARACTERS)],
        agent_id: Annotated[str, QueryParameter(name="agentId", max_length=MAX_ID_CHARACTERS)],
        *,
        embeddings: bool = False,
    ) -> Stream:
        """The whole memory as a bundle that an empty memory imports as an equal graph. `embeddings=true` adds the
        vectors, so that they need not be computed again.
        """
        scope = scope_of(user_id, agent_id)
        lines = await audit.exported(scope, export_memory(scope, with_embeddings=embeddings))
        return Stream(lines, media_type=NDJSON, headers={"Content-Disposition": 'attachment; filename="memory.ndjson"'})
