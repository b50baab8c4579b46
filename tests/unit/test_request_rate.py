"""The limit on requests a minute."""

from typing import Any

from litestar import Litestar, get
from litestar.testing import TestClient

from app.api.envelope import EXCEPTION_HANDLERS
from app.api.request_rate import rate_limit


@get(["/live", "/whoami"])
async def answer() -> str:
    return "yes"


def _client(requests_per_minute: int) -> TestClient[Litestar]:
    handlers: dict[Any, Any] = dict(EXCEPTION_HANDLERS)
    return TestClient(Litestar([answer], middleware=rate_limit(requests_per_minute), exception_handlers=handlers))


def test_requests_above_the_limit_get_429_and_when_to_try_again() -> None:
    with _client(3) as client:
        remaining = [client.get("/whoami").headers["RateLimit-Remaining"] for _ in range(3)]
        refused = client.get("/whoami")
        assert remaining == ["2", "1", "0"]
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["RateLimit-Limit"] == "3"


def test_each_key_has_its_own_limit_and_health_none() -> None:
    with _client(1) as client:
        for headers in ({}, {"X-Api-Key": "a"}, {"Authorization": "Bearer b"}):
            assert client.get("/whoami", headers=headers).status_code == 200
            assert client.get("/whoami", headers=headers).status_code == 429
        assert {client.get("/live").status_code for _ in range(5)} == {200}


def test_without_a_limit_nothing_is_counted() -> None:
    with _client(0) as client:
        assert {client.get("/whoami").status_code for _ in range(20)} == {200}
