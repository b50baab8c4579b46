"""Runs schemathesis against a service: generated requests, alone and in sequences, on every route."""

import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from app.domain.scope import MemoryScope
from tests.api import Memory, told
from tests.llm_server import running_llm
from tests.llm_server.answers import answers_anything
from tests.memanto import Agent
from tests.service_process import ServiceProcess, running_service

_SCHEMATHESIS = Path(".venv-tools/bin/schemathesis").resolve()
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Ids that exist, so that requests reach more than a 404. Routes that would end the session or delete the memory get others.
_CONFIGURATION = """
[parameters]
"path.agent_id" = "{agent}"
"path.memory_id" = "{remembered}"
"path.trace_id" = "{trace}"
"query.userId" = "{user}"
"query.agentId" = "{user}"

[[operations]]
include-operation-id = ["activateAgent", "deactivateAgent", "deleteAgent"]
parameters = {{ "path.agent_id" = "{agent}-other" }}

[[operations]]
include-operation-id = ["deleteMemory"]
parameters = {{ "path.memory_id" = "{forgotten}" }}
"""
_AGENT, _USER = "fuzz", "fuzz"


def _prepare(service: ServiceProcess, folder: Path) -> str:
    """Make the ids, and the configuration in the folder. Returns a session's token."""
    with httpx.Client(base_url=service.url, timeout=60) as http:
        Agent(http, f"{_AGENT}-other")
        agent = Agent(http, _AGENT)
        memory = Memory(http, MemoryScope(user_id=_USER, agent_id=_USER))
        memory.extract(told(("Ana", "I live in Faro."), ("Ana", "I own a barge.")))
        trace = memory.retrieve("Where does Ana live?", strategy="DEEP", persistTrace=True)["trace"]["traceId"]
        text = _CONFIGURATION.format(
            agent=_AGENT,
            user=_USER,
            trace=trace,
            remembered=agent.remember("Ana likes tea."),
            forgotten=agent.remember("Ana likes coffee."),
        )
        Path(folder, "schemathesis.toml").write_text(text)
        return agent.token


def fuzz(service: ServiceProcess, folder: Path, *options: str) -> list[str]:
    """Returns the command, to be run in this folder."""
    return [
        str(_SCHEMATHESIS),
        "run",
        f"{service.url}/schema/openapi.json",
        "--checks",
        ",".join(_CHECKS),
        "--continue-on-failure",
        # It takes the schema of an event stream for that of each event; in OpenAPI 3.1 it is that of the whole text.
        "--exclude-operation-id",
        "watchOperation",
        # With more, Python 3.11 fails now and then: its parser, which hypothesis uses, is not safe between threads.
        "--workers",
        "1",
        "--request-timeout",
        "90",
        "--header",
        f"X-Session-Token: {_prepare(service, folder)}",
        *options,
    ]


def main() -> int:
    seconds, *options = sys.argv[1:] or ["600"]
    with tempfile.TemporaryDirectory() as name, running_llm() as llm:
        folder = Path(name)
        llm.respond = answers_anything
        environment = {"OPENAI_BASE_URL": llm.url, "MNEMON_LLM_MODEL": "scripted", "MNEMON_SYNC_TIMEOUT_SECONDS": "8"}
        with running_service(folder / "data", **environment) as service:
            command = fuzz(service, folder, "--max-time", seconds, *options)
            return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
