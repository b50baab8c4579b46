"""The configured endpoint, for requests that are passed on as they are."""

import contextlib
from collections.abc import AsyncIterator, Collection, Generator, Mapping

import httpx

from app.domain.errors import AnswerUnavailable, InvalidInput, TimedOut, Unavailable
from app.domain.usage import Meter

_OPENAI = "https://api.openai.com/v1"
# A model may think for long before the first word; the request's own limit ends earlier.
_TIMEOUT = httpx.Timeout(connect=10, read=600, write=60, pool=10)


class EndpointAnswer:
    """The head of an answer; its body is read once, whole or in parts, or the answer is closed."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes:
        """Return the body. Raises Unavailable and TimedOut."""
        try:
            with _dependency_errors():
                return await self._response.aread()
        finally:
            await self.close()

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes. Raises Unavailable and TimedOut."""
        with _dependency_errors():
            async for part in self._response.aiter_raw():
                yield part

    async def close(self) -> None:
        await self._response.aclose()


class Endpoint:
    """`enabled`: if not, every request raises AnswerUnavailable. `models`: that requests may name; none means any.

    `meter`: what its answers have used.
    """

    def __init__(self, *, api_key: str, base_url: str, enabled: bool, models: Collection[str]) -> None:
        self._enabled = enabled
        self._models = models
        self.meter = Meter()
        # Bodies are passed on as they are, so they must not be compressed.
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
        self._http = httpx.AsyncClient(
            base_url=base_url or _OPENAI, headers=headers, timeout=_TIMEOUT, limits=httpx.Limits(max_connections=None)
        )

    def check_model(self, name: object) -> None:
        """Raises InvalidInput for a model that requests may not name, AnswerUnavailable if there is no endpoint."""
        self._check_enabled()
        if not self.allows(name):
            raise InvalidInput({"model": f"must be one of {', '.join(self._models)}"})

    def allows(self, name: object) -> bool:
        return not self._models or name in self._models

    def _check_enabled(self) -> None:
        if not self._enabled:
            raise AnswerUnavailable(
                "There is no endpoint to pass this on to: set OPENAI_API_KEY or OPENAI_BASE_URL; "
                "MNEMON_LLM_MODEL=none turns this off"
            )

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str], content: bytes | None = None
    ) -> EndpointAnswer:
        """Send a request. Raises Unavailable and TimedOut without an answer."""
        self._check_enabled()
        request = self._http.build_request(method, path, headers=dict(headers), content=content)
        with _dependency_errors():
            return EndpointAnswer(await self._http.send(request, stream=True))

    async def close(self) -> None:
        await self._http.aclose()


@contextlib.contextmanager
def _dependency_errors() -> Generator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise TimedOut("The language model took too long; try again shortly") from error
    except httpx.RequestError as error:
        raise Unavailable("The language model does not answer at the moment; try again shortly") from error
