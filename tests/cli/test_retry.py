"""`stigmer executions retry`: what people are told, from the failure to the run that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import stigmer
import yaml

from tests.support.http import StandIn
from tests.support.runs import deploy_agent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation

WORKFLOW = "shop-of-retries"


def request(name: str, url: str) -> dict[str, object]:
    config = {"method": "POST", "endpoint": {"uri": f"{url}/{name}"}, "timeout_seconds": 30}
    return {"name": name, "kind": "http_call", "task_config": config}


@pytest.fixture
def service() -> StandIn:
    return StandIn()


def failed(running: Installation, directory: Path, service: StandIn) -> str:
    """The id of a run whose second request was refused; the next one will not be."""
    service.on("POST /order", body={"number": 7})
    service.on("POST /ship", status=422)
    service.on("POST /ship", body={"ok": True})
    document = {"dsl": "1.0.0", "namespace": "shop", "name": WORKFLOW, "version": "1.0.0"}
    tasks = [request("order", service.url), request("ship", service.url)]
    spec = {"document": document, "tasks": tasks}
    manifest = {"apiVersion": "agentic.stigmer.ai/v1", "kind": "Workflow", "metadata": {"name": WORKFLOW}, "spec": spec}
    (directory / "shop.yaml").write_text(yaml.safe_dump(manifest))
    assert running.run("apply", "-f", str(directory / "shop.yaml")).code == 0
    done = running.run("run", WORKFLOW, "-o", "name")
    assert done.code == 1, done.stderr
    run = done.stdout.strip()
    assert f"  stigmer executions retry {run}    go on from the task that failed\n" in done.stderr
    return run


def test_a_run_goes_on_and_both_pages_say_so(running: Installation, tmp_path: Path, service: StandIn) -> None:
    with service:
        run = failed(running, tmp_path, service)
        shown = running.run("executions", "show", run).stdout
        assert f"stigmer executions retry {run}" in shown
        done = running.run("executions", "retry", run)
        assert (done.code, done.stderr) == (0, f"{run} goes on from /ship, as try 2\n"), done
        again = done.stdout.removeprefix("Execution ID: ").strip()
        assert running.run("executions", "follow", again).code == 0
        assert (service.count("POST /order"), service.count("POST /ship")) == (1, 2)
    page = running.run("executions", "show", again).stdout
    assert f"{run}, from /ship: try 2" in page
    assert [line.split()[-4:] for line in page.splitlines() if line.split()[:1] == ["order"]] == [
        ["done", "in", "try", "1"]
    ]
    first = running.run("executions", "show", run).stdout
    assert f"stigmer executions show {again}" in first
    assert "stigmer executions retry" not in first
    refused = running.run("executions", "retry", run)
    assert refused.code == 5
    assert refused.stderr.splitlines() == [
        f"error: {run} was retried already, by {again}, which has what it did",
        "",
        f"hint: `stigmer executions retry {again}`, should that one have failed, too",
    ]


def test_programs_retry_as_well(running: Installation, tmp_path: Path, service: StandIn) -> None:
    with service, stigmer.Client(endpoint=running.endpoint) as client:
        run = client.execution(failed(running, tmp_path, service))
        assert run.retry().result(60) == {"ok": True}
        with pytest.raises(stigmer.client.Conflict, match="was retried already"):
            run.retry()


def test_runs_of_agents_are_refused_with_the_command_that_helps(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "clerk-of-retries")
    run = running.run("run", "clerk-of-retries", "-m", "Go", "--no-follow", "-o", "name").stdout.strip()
    refused = running.run("executions", "retry", run)
    assert refused.code == 1
    assert refused.stderr.splitlines() == [
        f"error: {run} is a run of an agent, and only those of workflows are retried",
        "",
        f"hint: stigmer executions rerun {run}",
    ]
