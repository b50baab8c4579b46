"""Reading request bodies: JSON only, and every way of being no JSON is the same clear error."""

from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException

from app.domain.errors import UnsupportedValue


class JsonRequest(Request[Any, Any, Any]):
    async def json(self) -> Any:
        """Raises UnsupportedValue for what is no JSON or nested too deep, HTTPException 415 for another media type."""
        media_type = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise HTTPException(status_code=415)
        try:
            return msgspec.json.decode(await self.body())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnsupportedValue from error
