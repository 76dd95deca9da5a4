"""Recorded output of real Go SDK programs runs to the end, the world replaced by what a test says."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from stigmer_proto.agentic.workflow.v1 import api_pb2

from apps.workflows.expressions import JqProcess
from apps.workflows.interpreter.execute import Ending, Outcome, RunInput, run_workflow
from apps.workflows.parsing import parse_definition, unsupported_tasks
from tests.workflows.scripted import NONCE, ScriptedDriver, lines

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "manifests"
PULL = {"title": "fix: a bug", "body": "urgent", "state": "open", "merged": False, "user": {"login": "ann"}}
COMMIT = {
    "sha": "abc",
    "html_url": "https://x/abc",
    "commit": {"message": "m", "author": {"name": "ann", "date": "today"}},
}


def run_program(program: str, driver: ScriptedDriver) -> Outcome:
    """Run the one workflow of a recorded program."""
    (path,) = (RECORDED / program).glob("workflow-*.pb")
    message = api_pb2.Workflow.FromString(path.read_bytes())
    with JqProcess(seconds=10) as evaluator:
        definition = parse_definition(
            json_format.MessageToDict(message.spec, preserving_proto_field_name=True), evaluator
        )
        assert unsupported_tasks(definition) == []
        start = RunInput(secret_names=("API_TOKEN",), nonce=NONCE)
        return asyncio.run(run_workflow(definition, start, driver=driver, evaluator=evaluator))


def answers(*bodies: Any) -> list[Any]:
    return [{"answer": {"body": body}} for body in bodies]


def test_every_workflow_program_reads() -> None:
    programs = sorted(path for path in RECORDED.glob("*/workflow-*.pb"))
    assert len(programs) == 5
    for path in programs:
        message = api_pb2.Workflow.FromString(path.read_bytes())
        spec = json_format.MessageToDict(message.spec, preserving_proto_field_name=True)
        assert parse_definition(spec) == parse_definition(json_format.MessageToDict(message.spec) | spec)


def test_07_a_basic_workflow() -> None:
    driver = ScriptedDriver(http=answers(PULL))
    outcome = run_program("07_basic_workflow", driver)
    assert outcome.ending is Ending.COMPLETED
    assert outcome.output == {
        "prTitle": "fix: a bug",
        "prBody": "urgent",
        "prAuthor": "ann",
        "prState": "open",
        "status": "success",
    }


@pytest.mark.parametrize(
    ("state", "issues", "stars", "title", "visited"),
    [
        ("closed", 11, 0, "fix", ["deployProduction", "alertCritical", "handleDeploymentError"]),
        ("open", 3, 100, "feat: x", ["deployStaging", "initiateRollback"]),
        ("draft", 0, 5, "chore", ["handleError", "markSuccess"]),
    ],
)
def test_08_conditionals(state: str, issues: int, stars: int, title: str, visited: list[str]) -> None:
    """The second switch jumps over the third, so only a run that falls through meets it."""
    pull = PULL | {"state": state, "title": title}
    driver = ScriptedDriver(http=answers(pull, {"open_issues_count": issues, "stargazers_count": stars}, pull))
    outcome = run_program("08_workflow_with_conditionals", driver)
    assert outcome.ending is Ending.COMPLETED
    seen = [line.split()[0].strip("/") for line in lines(driver.records) if line.endswith("COMPLETED")]
    assert seen[:3] == ["checkPullRequest", "deploymentDecision", visited[0]]
    assert seen[-1] == "investigateStatus"
    assert outcome.output == {"action": "investigate"}


def test_09_loops() -> None:
    driver = ScriptedDriver(http=answers([COMMIT, COMMIT | {"sha": "def"}]))
    outcome = run_program("09_workflow_with_loops", driver)
    assert outcome.output == {"status": "completed", "loopCompleted": "true"}
    looped = [record.output for record in driver.records if record.path.startswith("/processEachCommit[")]
    assert [output["sha"] for output in looped] == ["abc", "def"]
    assert looped[0] == {"sha": "abc", "url": "https://x/abc", "message": "m", "author": "ann", "date": "today"}


def test_13_a_workflow_that_shares_its_context() -> None:
    driver = ScriptedDriver(http=answers({"retryCount": 3}))
    assert run_program("13_workflow_and_agent_shared_context", driver).output == {
        "retries": None,
        "status": "processing",
    }


def test_15_a_workflow_that_calls_an_agent() -> None:
    expected = {"agent": "code-reviewer", "timeout_seconds": 300, "path": "/reviewCode"}
    answer = {"agent_execution_id": "aex-1", "response": "Division by zero is not handled."}
    driver = ScriptedDriver(agents=[{"expect": expected, "answer": answer}])
    outcome = run_program("15_workflow_calling_simple_agent", driver)
    assert outcome == Outcome(Ending.COMPLETED, output=answer)
    assert lines(driver.records) == ["/reviewCode IN_PROGRESS", "/reviewCode COMPLETED"]
