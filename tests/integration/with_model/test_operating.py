"""What operators see of the language model: cost, form of structured output."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.api import Memory, told
from tests.llm_server import LlmServer
from tests.llm_server.answers import answer, fact
from tests.service_process import ServiceProcess


def test_metrics_sum_the_models_cost(memory: Memory, llm: LlmServer) -> None:
    llm.replies = [
        answer(fact("Ana has a dog.", "I have a dog"), fact("Ana has a cat.", "there is no such quote here"))
    ]
    memory.extract(told(("Ana", "I have a dog.")))
    deadline = time.monotonic() + 10
    while True:  # counted at most once in five seconds
        text = memory.http.get("/metrics").raise_for_status().text
        found = {
            line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[:1] != "#"
        }
        if found.get('mnemon_dropped_facts{reason="unquoted"}', 0) >= 1 or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert found['mnemon_dropped_facts{reason="unquoted"}'] >= 1
    assert found["mnemon_model_calls"] >= 1
    assert found['mnemon_model_tokens{direction="in"}'] >= 100
    assert found['mnemon_operations{kind="extract",status="succeeded"}'] >= 1


def test_doctor_shows_the_model_and_the_form_of_its_answers(
    memory: Memory, service: ServiceProcess, llm: LlmServer
) -> None:
    llm.respond = lambda _: {"here": True}
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": llm.url,
        "MNEMON_LLM_MODEL": "scripted",
        "MNEMON_CACHE_DIR": str(service.data_dir.parent / "cache"),
    }
    command = [sys.executable, "-m", "app.cli.main", "doctor", "--data-dir", str(service.data_dir)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "scripted at http://127.0.0.1" in done.stdout.replace("\n", "")
    assert "json_schema" in done.stdout.replace("\n", "")


def test_the_answer_form_is_stored_for_doctor(memory: Memory, service: ServiceProcess) -> None:
    memory.extract(told(("Ana", "I own a barge.")))
    assert "json_schema" in (Path(service.data_dir).parent / "cache" / "model-endpoints.json").read_text()
