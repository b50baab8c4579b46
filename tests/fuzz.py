"""Runs schemathesis against a service of its own: generated requests, alone and in sequences, on every route."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.service_process import running_service

_SCHEMATHESIS = Path(".venv-tools/bin/schemathesis").resolve()
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def main() -> int:
    seconds, *options = sys.argv[1:] or ["600"]
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder) / "data") as service:
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
            *options,
        ]
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
