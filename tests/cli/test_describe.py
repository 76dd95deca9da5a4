"""One resource in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.suites.client import unique
from tests.support.runs import deploy_agent, write_answers

if TYPE_CHECKING:
    from tests.support.daemon import Installation

ROOT = Path(__file__).parents[2]


def test_a_workflow_is_told_task_by_task(installation: Installation) -> None:
    assert installation.run("apply", "-C", str(ROOT / "examples/data-pipeline")).code == 0
    done = installation.run("describe", "workflow", "load-orders")
    assert done.code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Workflow:      load-orders"
    found = [line.strip() for line in lines]
    assert (
        found.index("load_order  TRY")
        < next(place for place, line in enumerate(found) if line.startswith("is_valid  SWITCH  "))
        < found.index("count_rejected  SET  last_problem, rejected")
    ), "what catches comes after what is tried"
    assert "pause  WAIT  5 s" in found
    assert "WAREHOUSE_TOKEN  secret  May write to the orders table." in found
    assert found[found.index("Events") + 2].endswith("  created  local  revision 1")
    assert found[found.index("Instances") + 1] == "load-orders-default"
    assert "With it:       1 workflow instance" in found
    assert "State:         valid" in found


def test_what_runs_names_its_instances_and_its_last_runs(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "described-clerk")
    model = f"scripted:{write_answers(tmp_path / 'answers.yaml', 'Yes.')}"
    done = running.run("run", "described-clerk", "-m", "Are you there?", "--model", model)
    assert done.code == 0, done.stderr
    session = next(line.split()[-1] for line in done.stderr.splitlines() if "Session ID:" in line)
    run = next(line.split()[-1] for line in done.stderr.splitlines() if "Execution ID:" in line)
    page = running.run("describe", "agent", "described-clerk").stdout
    assert "\nWith it:       1 agent instance, 1 session and 1 agent execution\n" in page
    assert "\nInstances\n  described-clerk-default\n" in page
    assert "Are you there?" in page[page.index("Last runs") :]
    told = json.loads(running.run("describe", "agent", "described-clerk", "-o", "json").stdout)
    assert told["resource"]["metadata"]["name"] == "described-clerk"
    assert (told["instances"], told["project"]) == (["described-clerk-default"], None)
    assert told["belongings"] == {"AgentInstance": 1, "Session": 1, "AgentExecution": 1}
    assert [(each["id"], each["phase"]) for each in told["lastRuns"]] == [(run, "completed")]
    events = [(each["event"], each["actor"], each["execution"]) for each in told["events"]]
    assert events == [("run completed", None, run), ("run started", None, run), ("created", "local", None)]
    of_run = yaml.safe_load(running.run("describe", "execution", run, "-o", "yaml").stdout)
    assert (of_run["resource"]["metadata"]["id"], of_run["attempt"]) == (run, 1)
    assert [each["model"] for each in of_run["usage"]] == [model]
    for command in ("describe", "get"):
        assert running.run(command, "execution", run, "-o", "name").stdout == f"agent-execution/{run}\n"
    for words in (("agent-instance", "described-clerk-default"), ("session", session)):
        page = running.run("describe", *words).stdout
        assert f"\nLast runs\n  ID{' ' * 30}TYPE" in page
        assert f"\n  {run}  agent" in page
    assert running.run("describe", "organization", "local").stdout.startswith("Organization:  ")


def test_an_environment_names_who_uses_it_and_hides_its_secrets(installation: Installation, tmp_path: Path) -> None:
    name = unique("places")
    file = tmp_path / "environment.yaml"
    data = {"REGION": {"value": "eu"}, "TOKEN": {"value": "s3cret-value", "isSecret": True}}
    version = "agentic.stigmer.ai/v1"
    found = [
        {
            "apiVersion": version,
            "kind": "Environment",
            "metadata": {"name": name, "labels": {"team": "web"}},
            "spec": {"description": "Where it runs\x1b[31m", "data": data},
        },
        {
            "apiVersion": version,
            "kind": "Agent",
            "metadata": {"name": f"{name}-agent"},
            "spec": {"instructions": "You answer briefly."},
        },
        {
            "apiVersion": version,
            "kind": "AgentInstance",
            "metadata": {"name": f"{name}-instance"},
            "spec": {"agentId": f"{name}-agent", "environmentRefs": [{"slug": name, "kind": "environment"}]},
        },
    ]
    file.write_text(yaml.safe_dump_all(found))
    applied = installation.run("apply", "-f", str(file))
    assert applied.code == 0, applied.stderr
    done = installation.run("describe", "env", name)
    assert "  REGION  = eu\n  TOKEN  secret\n" in done.stdout
    assert "Labels:        team=web\n" in done.stdout
    assert f"Used by\n  agent-instance/{name}-instance\n" in done.stdout
    assert "s3cret-value" not in done.stdout
    assert "\x1b" not in done.stdout
    file.write_text(file.read_text().replace("Where it runs", "Elsewhere"))
    assert installation.run("apply", "-f", str(file), "--message", "moved").code == 0
    assert installation.run("rollback", "env", name, "--to", "1", "--yes").code == 0
    lines = installation.run("describe", "env", name).stdout.splitlines()
    events = [line.split(maxsplit=2)[2] for line in lines[lines.index("Events") + 2 :]]
    assert events == [
        "rolled back  local  revision 3: spec.description (back to revision 1)",
        "updated      local  revision 2: spec.description (moved)",
        "created      local  revision 1",
    ]


def test_what_is_not_there_is_said(installation: Installation) -> None:
    done = installation.run("describe", "agent", unique("nobody"))
    assert done.code == 4
    assert "not found" in done.stderr
