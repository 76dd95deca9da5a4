"""Whole workflows: definition, input and answers in, calls, records and outcome out."""

from pathlib import Path

import pytest
import yaml

from apps.workflows.expressions import JqProcess
from tests.workflows.scripted import ScriptedDriver, lines, run

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("suspends", [False, True], ids=["at once", "suspended after every task"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_workflow_runs_as_its_case_says(path: Path, suspends: bool, evaluator: JqProcess) -> None:
    case = yaml.safe_load(path.read_text())
    driver = ScriptedDriver(
        http=case.get("http", []),
        agents=case.get("agents", []),
        others=case.get("others", {}),
        secrets=case.get("secrets", {}),
        suspends=suspends,
    )
    outcome = run(case["tasks"], evaluator, driver, start_input=case.get("input"), env_vars=case.get("env_vars"))
    expected = case["expected"]
    assert outcome.error is None or {name: outcome.error[name] for name in expected["error"]} == expected["error"]
    assert (outcome.ending, outcome.output) == (expected.get("ending", "COMPLETED"), expected.get("output"))
    assert lines(driver.records) == expected["records"]
    assert driver.slept == expected.get("slept", [])
    assert driver.http == []
    assert driver.agents == []
    assert not any(driver.others.values())


def test_there_are_cases() -> None:
    assert len(CASES) > 15
