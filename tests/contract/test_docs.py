"""Commands and queries of the documents are run."""

import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import LiteralString, cast

import httpx
import neo4j
import pytest

from app.connections import neo4j_address
from app.settings import Settings
from tests.service_process import ServiceProcess

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    p for p in sorted(ROOT.rglob("*.md")) if not any(part.startswith(".") for part in p.relative_to(ROOT).parts)
]


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


def test_the_tour_runs_as_written(service: ServiceProcess, tmp_path: Path):
    tour = "".join(
        block for block in blocks(ROOT / "README.md", "sh") if "post sync/extract" in block or "$api/" in block
    )
    assert "http://127.0.0.1:8366" in tour
    shown = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tour.replace("http://127.0.0.1:8366", service.url)],
        capture_output=True,
        cwd=tmp_path,
        text=True,
        timeout=60,
        check=True,
    )
    answers = [json.loads(line)["data"] for line in shown.stdout.splitlines() if line.strip()]
    assert len(answers) == 10
    extracted, retrieved, accepted, committed, items, raw_data, operations, imported, context, forgotten = answers
    assert context["text"].startswith("- [1] ")
    assert "Nox" in context["text"]
    assert imported["status"] == "accepted"
    assert forgotten["dryRun"] is True
    assert extracted["status"] == committed["status"] == "SUCCESS"
    assert any("Porto" in item["text"] for item in retrieved["items"])
    assert accepted["status"] == "accepted"
    assert [item["text"] for item in items["items"]] == ["Ana: I went to a concert yesterday (1 March 2026)."]
    assert len(raw_data["rawData"]) == 2
    assert {o["status"] for o in operations["operations"]} == {"succeeded"}


def test_the_guide_for_agents_runs_as_written(service: ServiceProcess, tmp_path: Path):
    (tour,) = blocks(ROOT / "docs" / "agents.md", "sh")
    environment = {
        **os.environ,
        "MNEMON_URL": service.url,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    shown = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tour.replace("MNEMON_USER=ana", f"MNEMON_USER={uuid.uuid4().hex}")],
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    assert "- [1] " in shown
    assert "the walk" in shown
    assert "Porto" in shown


def test_the_agents_tour_runs_as_written(service: ServiceProcess, tmp_path: Path):
    (tour,) = blocks(ROOT / "docs" / "memanto.md", "sh")
    agent_id = f"tour-{uuid.uuid4().hex[:8]}"
    shown = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            tour.replace("127.0.0.1:8366", service.url.partition("://")[2]).replace("my-agent", agent_id),
        ],
        capture_output=True,
        cwd=tmp_path,
        text=True,
        timeout=60,
        check=True,
    )
    agent, remembered, extracted, recalled, recent = map(json.loads, filter(None, shown.stdout.splitlines()))
    assert agent["agent_id"] == agent_id
    assert recalled["memories"][0]["id"] == remembered["memory_id"]
    assert extracted["count"] == 1
    assert [row["content"] for row in recent["memories"]] == ["User: I prefer email over phone calls"]


@pytest.fixture(scope="module", autouse=True)
def kept_trace(service: ServiceProcess):
    """Store a trace: Neo4j warns about relationship types that no graph has yet."""
    ids = {"userId": "docs", "agentId": "trace"}
    told = {"role": "USER", "userName": "Ana", "content": [{"type": "text", "text": "Clara works at Initech."}]}
    with httpx.Client(base_url=f"{service.url}/open/v1/memory", timeout=60) as http:
        http.post("/sync/extract", json={**ids, "rawContent": {"type": "conversation", "messages": [told]}})
        asked = {"query": "Where does Clara work?", "strategy": "DEEP", "persistTrace": True}
        assert http.post("/retrieve", json={**ids, **asked}).json()["data"]["items"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
class TestDocuments:
    def test_every_query_is_valid_and_causes_no_warnings(self, document: Path, settings: Settings):
        address = neo4j_address(settings)
        with neo4j.GraphDatabase.driver(address.uri, auth=(address.user, address.password)) as driver:
            for query in blocks(document, "cypher"):
                with driver.session() as session:
                    summary = session.run(cast("LiteralString", f"EXPLAIN {query}")).consume()
                # GQLSTATUS classes: 00 success, 02 no data, 03 information; 01 is a warning.
                # 01N52: no node has the property yet, which is allowed.
                found = {s.gql_status for s in summary.gql_status_objects if s.gql_status.startswith("01")}
                assert found <= {"01N52"}

    def test_links_have_existing_targets(self, document: Path):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), target
