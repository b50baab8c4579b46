"""Request bodies: JSON only, decoded strictly into the type that the handler asks for."""

from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, ValidationException

from app.api.allowed_values import allowed_values, path_of
from app.domain.errors import UnsupportedValue


class JsonRequest(Request[Any, Any, Any]):
    async def json(self) -> Any:
        """The body as the handler's type. Strict: `"3"` is no number, `0` is neither a time nor false.

        Raises UnsupportedValue for a body that is not JSON or nested too deep, ValidationException for wrong fields,
        HTTPException 415 for another media type.
        """
        body = await self.body()
        # A browser sends a body without its type, or as text/plain, to any site without asking it first.
        if body and not _is_json(media_type_of(self)):
            raise HTTPException(status_code=415, detail="Content-Type must be application/json")
        # Litestar itself would convert leniently, since the query's parameters of the same handler are strings.
        field = self.route_handler.parsed_data_field
        try:
            return msgspec.json.decode(body, type=field.annotation if field else Any)
        except msgspec.ValidationError as error:
            _check_json(body)
            assert field is not None
            path = path_of(str(error))
            problem = {"message": str(error), "key": "data", "source": "body"}
            raise ValidationException(extra=[{**problem, "allowed": allowed_values(field.annotation, path)}]) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnsupportedValue from error


def media_type_of(request: Request[Any, Any, Any]) -> str:
    """Content-Type in lower case and without parameters; empty if there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _check_json(body: bytes) -> None:
    """Raises UnsupportedValue if the body is not JSON: msgspec may report a wrong field before a later syntax error."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnsupportedValue from error
