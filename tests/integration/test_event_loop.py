"""The largest legal messages do not stop the event loop: other requests are answered meanwhile."""

import itertools
import threading
import time

import httpx
import pytest

from tests.api import Memory, conversation, message
from tests.service_process import ServiceProcess

# Before names and facts were compared by shared keys and in threads, the first text stopped the loop for seven seconds.
_LONGEST_SECONDS = 1.5
_SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "so", "ti")
_NAMES = ["".join(parts).capitalize() for parts in itertools.product(_SYLLABLES, repeat=3)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            " ".join(f"I met {a} {b} in {c}ville." for a, b, c in zip(_NAMES, _NAMES[1:], _NAMES[2:], strict=False)),
            id="names",
        ),
        pytest.param("I live here, " * 1000, id="commas"),
        pytest.param("([" * 25_000, id="brackets"),
        pytest.param("我住在北京市朝阳区公园路" * 2000, id="Chinese"),
    ],
)
def test_others_are_answered_while_a_large_message_is_read(memory: Memory, service: ServiceProcess, text: str) -> None:
    waited: list[float] = []
    done = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=service.url, timeout=60) as http:
            while not done.is_set():
                asked = time.monotonic()
                assert http.get("/live").status_code == 200
                waited.append(time.monotonic() - asked)
                time.sleep(0.02)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        operation = memory.data("async/extract", rawContent=conversation(message(text, name="Ana")))
        assert memory.wait(operation["operationId"])["status"] == "succeeded"
    finally:
        done.set()
        asking.join()
    print(f"longest wait {max(waited):.3f} s of {len(waited)}")
    assert max(waited) < _LONGEST_SECONDS
