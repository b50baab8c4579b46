"""Calls of a running service."""

import contextlib
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from app.domain.errors import SetupError

if TYPE_CHECKING:
    import httpx

DEFAULT_URL = "http://127.0.0.1:8366"
# Exit codes besides 0 (done), 1 (refused or failed) and 2 (wrong usage).
UNREACHABLE = 3
NOTHING_FOUND = 4
_SECONDS = 200.0


class Unreachable(SetupError):
    """The service does not answer"""


class Service:
    """One memory of a service. Every call raises SetupError with the service's own words if it is refused."""

    def __init__(self, http: "httpx.Client", user: str, agent: str) -> None:
        self._http = http
        self.ids = {"userId": user, "agentId": agent}

    def get(self, path: str, **query: Any) -> Any:
        """`path`: below /open/v1."""
        return self._data("GET", path, params=_without_nones(query))

    def get_of_memory(self, path: str, **query: Any) -> Any:
        return self.get(f"memory/{path}", **self.ids, **query)

    def post(self, path: str, **body: Any) -> Any:
        """`path`: below /open/v1/memory."""
        return self._data("POST", f"memory/{path}", json={**self.ids, **_without_nones(body)})

    def upload(self, parts: Iterable[bytes], *, key: str | None = None, **options: bool) -> Any:
        """Send a bundle in parts. `key`: an idempotency key."""
        headers = {"Content-Type": "application/x-ndjson"} | ({"Idempotency-Key": key} if key else {})
        query = self.ids | {name: str(value).lower() for name, value in options.items()}
        return self._data("POST", "memory/import", params=query, content=parts, headers=headers)

    def download(self, path: Path) -> int:
        """Write the memory's bundle to a file and return the number of its lines."""
        with self._sent(), self._http.stream("GET", "/open/v1/memory/export", params=self.ids) as response:
            if response.is_error:
                response.read()
                _refuse(response)
            lines = 0
            with path.open("wb") as file:
                for part in response.iter_bytes():
                    file.write(part)
                    lines += part.count(b"\n")
            return lines

    def _data(self, method: str, path: str, **options: Any) -> Any:
        with self._sent():
            response = self._http.request(method, f"/open/v1/{path}", **options)
        if response.is_error:
            _refuse(response)
        return response.json()["data"]

    @contextlib.contextmanager
    def _sent(self) -> Generator[None]:
        import httpx  # noqa: PLC0415 - help is answered without it

        try:
            yield
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(
                f"No service answers at {self._http.base_url}: start one with 'mnemon serve', or name another --url."
            ) from error


@contextlib.contextmanager
def connected(url: str, key: str, user: str, agent: str) -> Generator[Service]:
    import httpx  # noqa: PLC0415 - help is answered without it

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=_SECONDS) as http:
        yield Service(http, user, agent)


def _refuse(response: "httpx.Response") -> NoReturn:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        raise SetupError(f"The service answers {response.status_code}: is it Mnemon's address?") from None
    fields = error.get("details", {}).get("fieldErrors", {})
    wrong = "; ".join(f"{field} {text}" for field, text in fields.items())
    raise SetupError(f"{error['message']}: {wrong}" if wrong else error["message"])


def _without_nones(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
