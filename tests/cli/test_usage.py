"""`stigmer usage`, what runs cost in `executions`, and runs that are paused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.runs import deploy_agent, write_answers, write_workflow_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation


@pytest.fixture(scope="module")
def spender(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The model and the id of a run of the agent `spender` that has ended."""
    directory = tmp_path_factory.mktemp("spender")
    deploy_agent(running, directory, "spender")
    model = f"scripted:{write_answers(directory / 'model.yaml', 'It is on its way, and will be there soon.')}"
    done = running.run("run", "spender", "-m", "Where is it?", "--model", model, "-o", "name")
    assert done.code == 0, done.stderr
    return model, done.stdout.strip()


def test_a_model_without_a_price_says_so_and_may_be_given_one(running: Installation, spender: tuple[str, str]) -> None:
    model, run = spender
    file = running.data_dir / "prices.yaml"
    told = running.run("usage", "--agent", "spender")
    headers, line, total = (each.split() for each in told.stdout.splitlines())
    assert headers == ["AGENT", "RUNS", "TOKENS", "IN", "TOKENS", "OUT", "COST"]
    assert (line[:2], line[-1], total[0]) == (["spender", "1"], "-", "total")
    assert f"No price is known of {model}: " in told.stderr
    assert f"Prices of your own go into {file}" in told.stderr
    assert f"Cost:       no price is known of {model}" in running.run("executions", "show", run).stdout
    file.write_text(f'"{model}": {{input: 1000000, output: 2000000}}\n')
    try:
        record = running.run("usage", "--by", "model", "--agent", "spender", "-o", "json").json()
        (entry,) = record["entries"]
        price = entry["input_tokens"] + 2 * entry["output_tokens"]
        assert (entry["key"], entry["cost"], record["unpriced_models"]) == (model, str(price), [])
        assert running.run("usage", "--agent", "spender").stdout.splitlines()[1].split()[-1] == f"${price}.00"
        assert f"Cost:       ${price}.00" in running.run("executions", "show", run).stdout
        wide = running.run("executions", "list", "--agent", "spender", "-o", "wide").stdout.splitlines()[1].split()
        assert wide[-2] == f"${price}.00"
        file.write_text("no prices")
        assert "warning: " in running.run("usage").stderr
    finally:
        file.unlink()


def test_what_is_summed_up_by_must_exist(running: Installation, spender: tuple[str, str]) -> None:
    del spender
    assert running.run("usage", "--agent", "nobody").code == 4
    missing = running.run("usage", "--project", "nothing")
    assert (missing.code, missing.stderr.splitlines()[-1]) == (4, "hint: stigmer get projects")
    assert running.run("usage", "--by", "hour").code == 2
    for when in ("soon", "99999999d"):
        refused = running.run("usage", "--since", when)
        assert (refused.code, f"'{when}' is no time" in refused.stderr) == (2, True)
    none = running.run("usage", "--agent", "spender", "--until", "2026-01-01", "--since", "2025-01-01")
    assert (none.code, none.stdout, none.stderr) == (0, "", "No model was asked anything in that time.\n")


def test_a_run_is_held_and_goes_on(running: Installation, tmp_path: Path) -> None:
    project = write_workflow_project(tmp_path, "held", seconds=600)
    started = running.run("run", "--no-follow", "--input", "what=all", "-o", "name", cwd=project)
    run = started.stdout.strip()
    paused = running.run("executions", "pause", run, "--reason", "closed")
    assert (paused.code, paused.stdout) == (0, "")
    assert paused.stderr.splitlines()[0] == f"Paused {run}"
    assert "paused already" in running.run("executions", "pause", run).stderr
    listed = running.run("executions", "list", "--workflow", "held").stdout
    assert listed.splitlines()[1].split()[3] == "paused"
    assert running.run("executions", "show", run).stdout.startswith("workflow held: paused")
    resumed = running.run("executions", "resume", run)
    assert resumed.stderr.splitlines()[0] == f"{run} goes on"
    assert running.run("executions", "resume", run).stderr.splitlines()[0] == f"{run} was not paused"
    assert running.run("executions", "cancel", run).code == 0
    assert running.run("executions", "follow", run).code == 8
    ended = running.run("executions", "pause", run)
    assert (ended.code, ended.stderr) == (
        5,
        f"error: {run} has ended: cancelled\n\nhint: stigmer executions rerun {run}\n",
    )


def test_runs_of_agents_cannot_be_held(running: Installation, spender: tuple[str, str]) -> None:
    refused = running.run("executions", "pause", spender[1])
    assert (refused.code, refused.stderr) == (
        1,
        "error: runs of agents cannot be paused, only those of workflows\n",
    )
