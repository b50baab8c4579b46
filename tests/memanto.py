"""The /api/v2 routes in one-line calls."""

import uuid
from typing import Any

import httpx

from app.domain.agents import scope_of_agent
from tests.api import Memory


class Agent:
    """A new agent with an open session. All calls except `ask` fail the test on an error status."""

    def __init__(self, http: httpx.Client, agent_id: str | None = None) -> None:
        self.http = http
        self.id = agent_id or f"agent-{uuid.uuid4().hex[:12]}"
        http.post("/api/v2/agents", json={"agent_id": self.id}).raise_for_status()
        self.session: dict[str, Any] = http.post(f"/api/v2/agents/{self.id}/activate").raise_for_status().json()
        self.token: str = self.session["session_token"]
        # Test the header: a stored cookie would hide a missing one.
        http.cookies.clear()

    @property
    def memory(self) -> Memory:
        """The agent's memory through Memind's routes."""
        return Memory(self.http, scope_of_agent(self.id))

    def ask(self, path: str, body: Any = None, *, method: str = "POST", **options: Any) -> httpx.Response:
        headers = {"X-Session-Token": self.token, **options.pop("headers", {})}
        url = f"/api/v2/agents/{self.id}/{path}".rstrip("/")
        return self.http.request(method, url, json=body, headers=headers, **options)

    def do(self, path: str, body: Any = None, *, method: str = "POST", **options: Any) -> dict[str, Any]:
        response = self.ask(path, body, method=method, **options)
        assert response.is_success, response.text
        return response.json()

    def remember(self, content: str, **more: Any) -> str:
        return self.do("remember", {"content": content, **more})["memory_id"]

    def recall(self, query: str, **more: Any) -> list[dict[str, Any]]:
        return self.do("recall", {"query": query, **more})["memories"]

    def recent(self, **more: Any) -> list[dict[str, Any]]:
        return self.do("recall/recent", more)["memories"]

    def extract(self, *turns: tuple[str, str], **more: Any) -> dict[str, Any]:
        messages = [{"role": role, "content": content} for role, content in turns]
        return self.do("remember/extract", {"messages": messages, **more})
