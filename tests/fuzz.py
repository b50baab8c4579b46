"""Runs schemathesis against a service of its own: generated requests, alone and in sequences, on every route."""

import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

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
# The agent whose session the requests use, and another for the routes that would end this session.
_AGENT, _OTHER_AGENT = "fuzz", "fuzz-other"
_CONFIGURATION = """
[parameters]
"path.agent_id" = "{agent}"

[[operations]]
include-operation-id = ["activateAgent", "deactivateAgent", "deleteAgent"]
parameters = {{ "path.agent_id" = "{other}" }}
"""


def _token(service: ServiceProcess) -> str:
    """Make both agents and return the token of the first one's session."""
    with httpx.Client(base_url=service.url, timeout=60) as http:
        Agent(http, _OTHER_AGENT)
        return Agent(http, _AGENT).token


def main() -> int:
    seconds, *options = sys.argv[1:] or ["600"]
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder) / "data") as service:
        Path(folder, "schemathesis.toml").write_text(_CONFIGURATION.format(agent=_AGENT, other=_OTHER_AGENT))
        command = [
            str(_SCHEMATHESIS),
            "run",
            f"{service.url}/schema/openapi.json",
            "--checks",
            ",".join(_CHECKS),
            "--max-time",
            seconds,
            "--continue-on-failure",
            # It takes the schema of an event stream for that of each event; in OpenAPI 3.1 it is that of the whole text.
            "--exclude-operation-id",
            "watchOperation",
            "--workers",
            "2",
            "--request-timeout",
            "30",
            "--header",
            f"X-Session-Token: {_token(service)}",
            *options,
        ]
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
