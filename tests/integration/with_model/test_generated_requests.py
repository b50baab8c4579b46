"""A short form of ./scripts/fuzz."""

import subprocess
from pathlib import Path

import pytest

from tests.fuzz import fuzz
from tests.llm_server import LlmServer
from tests.llm_server.answers import answers_anything
from tests.service_process import ServiceProcess


@pytest.mark.slow
def test_no_generated_request_gets_an_answer_that_the_document_does_not_describe(
    service: ServiceProcess, llm: LlmServer, tmp_path: Path
) -> None:
    llm.respond = answers_anything
    command = fuzz(service, tmp_path, "--phases", "fuzzing", "--max-examples", "3", "--no-shrink")
    run = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-8000:]
