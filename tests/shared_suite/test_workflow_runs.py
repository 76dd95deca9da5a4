"""Recorded output of real Go SDK programs, run for real; the Internet is replaced by stand-ins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stigmer_proto.agentic.agent.v1 import api_pb2 as agent_pb2
from stigmer_proto.agentic.workflow.v1 import api_pb2 as workflow_pb2

from tests.agents.runner_unit import RunnerUnit
from tests.support.http import StandIn
from tests.support.llm import ModelHost, Reply
from tests.workflows.worker.conftest import engine, service, temporal_binary, temporal_server
from tests.workflows.worker.kit import COMPLETED, Engine, Run

__all__ = ["engine", "service", "temporal_binary", "temporal_server"]

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "manifests"
HOSTS = ("https://api.github.com", "https://api.example.com")
PULL = {"title": "fix: a bug", "body": "urgent", "state": "open", "merged": False, "user": {"login": "ann"}}
COMMIT = {"html_url": "https://x/abc", "commit": {"message": "m", "author": {"name": "ann", "date": "today"}}}


def deployed(engine: Engine, service: StandIn, program: str) -> str:
    """The id of a program's workflow, its public addresses pointed at the stand-in."""
    for path in (RECORDED / program).glob("agent-*.pb"):
        engine.api.of("Agent").apply(agent_pb2.Agent.FromString(path.read_bytes()))
    (path,) = (RECORDED / program).glob("workflow-*.pb")
    workflow = workflow_pb2.Workflow.FromString(path.read_bytes())
    for task in workflow.spec.tasks:
        if "endpoint" in task.task_config:
            endpoint = task.task_config["endpoint"]
            uri = str(endpoint["uri"])  # type: ignore[index]  # a Struct in a Struct
            for host in HOSTS:
                uri = uri.replace(host, service.url)
            endpoint["uri"] = uri  # type: ignore[index]  # as above
    return str(engine.api.of("Workflow").apply(workflow).metadata.id)


def run(engine: Engine, service: StandIn, program: str, **given: Any) -> Run:
    return engine.end(engine.start(deployed(engine, service, program), **given))


def test_07_a_basic_workflow(engine: Engine, service: StandIn) -> None:
    service.on("GET /repos/stigmer/hello-stigmer/pulls/1", body=PULL)
    ended = run(engine, service, "07_basic_workflow")
    assert ended.phase == COMPLETED, ended
    assert ended.output == {
        "prTitle": "fix: a bug",
        "prBody": "urgent",
        "prAuthor": "ann",
        "prState": "open",
        "status": "success",
    }
    assert service.asked[0].headers["user-agent"] == "Stigmer-SDK-Example"


@pytest.mark.parametrize(("state", "first"), [("open", "/deployStaging"), ("closed", "/deployProduction")])
def test_08_conditionals(engine: Engine, service: StandIn, state: str, first: str) -> None:
    service.on("GET /repos/stigmer/hello-stigmer/pulls/1", body=PULL | {"state": state})
    service.on("GET /repos/stigmer/hello-stigmer", body={"open_issues_count": 3, "stargazers_count": 100})
    ended = run(engine, service, "08_workflow_with_conditionals")
    assert ended.phase == COMPLETED, ended
    assert ended.statuses[first] == "COMPLETED"
    assert ended.output == {"action": "investigate"}


def test_09_loops(engine: Engine, service: StandIn) -> None:
    commits = [COMMIT | {"sha": sha} for sha in ("abc", "def", "012")]
    service.on("GET /repos/stigmer/hello-stigmer/commits", body=commits)
    ended = run(engine, service, "09_workflow_with_loops")
    assert ended.output == {"status": "completed", "loopCompleted": "true"}
    looped = [ended.tasks[f"/processEachCommit[{n}]/analyzeCommit"]["output"]["sha"] for n in range(3)]
    assert looped == ["abc", "def", "012"]


def test_13_a_workflow_that_shares_its_context(engine: Engine, service: StandIn) -> None:
    service.on("GET /data", body={"retryCount": 3})
    ended = run(engine, service, "13_workflow_and_agent_shared_context")
    assert ended.phase == COMPLETED, ended
    assert ended.output == {"status": "processing", "retries": None}


def test_15_a_workflow_that_calls_an_agent(engine: Engine, service: StandIn) -> None:
    with ModelHost([Reply("Division by zero is not handled.")]) as host:
        env = {
            **engine.env,
            "STIGMER_LLM_PROVIDER": "openai",
            "STIGMER_LLM_MODEL": "stand-in",
            "STIGMER_LLM_BASE_URL": host.openai_url,
            "OPENAI_API_KEY": "none",
        }
        with RunnerUnit(engine.home, env=env) as runner:
            runner.wait_until_ready()
            ended = run(engine, service, "15_workflow_calling_simple_agent")
    assert ended.phase == COMPLETED, ended
    assert ended.output["response"] == "Division by zero is not handled."
    assert "func divide" in str(host.requests[0])
