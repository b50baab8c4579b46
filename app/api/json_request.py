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
        media_type = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise HTTPException(status_code=415)
        # Litestar itself would convert leniently, since the query's parameters of the same handler are strings.
        field = self.route_handler.parsed_data_field
        body = await self.body()
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


def _check_json(body: bytes) -> None:
    """Raises UnsupportedValue if the body is not JSON: msgspec may report a wrong field before a later syntax error."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnsupportedValue from error
