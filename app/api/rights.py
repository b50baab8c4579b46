"""The right that each route needs. Routes that are not listed: GET reads, everything else writes."""

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from app.domain.access import Right

_RIGHTS = {
    Right.READ: (
        "retrieveMemory", "buildContext", "queryItems", "queryRawData", "recall", "recallAsOf", "recallChangedSince",
        "recallRecent", "recallAll", "answer",
    ),
    Right.FORGET: ("forgetMemory", "deleteMemory", "deleteAgent", "purgeExpired", "applyPolicy"),
    Right.ADMIN: ("metrics", "listAudit"),
}  # fmt: skip
_OF_OPERATION = {name: right for right, names in _RIGHTS.items() for name in names}


def right_of(handler: BaseRouteHandler) -> Right:
    if not isinstance(handler, HTTPRouteHandler):
        return handler.opt.get("right", Right.ADMIN)
    name = handler.operation_id if isinstance(handler.operation_id, str) else ""
    reads = handler.http_methods <= {"GET", "HEAD", "OPTIONS"}
    return _OF_OPERATION.get(name) or (Right.READ if reads else Right.WRITE)
