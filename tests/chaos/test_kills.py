"""kill -9 of every unit and of the daemon, at moments that the seed chooses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.harness import Chaos, chaos

SEED = 4
ROUNDS = 9
"""With a dozen kills: of each unit, of two at once, at different stages."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    with chaos(tmp_path_factory.mktemp("chaos"), SEED) as installation:
        yield installation


@pytest.mark.parametrize("number", range(1, ROUNDS + 1))
def test_each_run_ends_once_and_each_effect_happens_once_or_is_unknown(running: Chaos, number: int) -> None:
    rows = running.round()
    assert rows
    assert [line for row in rows for line in row.wrong] == []


def test_a_dead_daemon_takes_its_units_along_and_the_next_goes_on(running: Chaos) -> None:
    runs = [running.start("WorkflowExecution"), running.start("AgentExecution")]
    running.kill("daemon")
    running.wait_until_back()
    assert [line for run in runs for line in running.verdict(run)[1]] == []


def test_nothing_is_left_over(running: Chaos) -> None:
    assert running.left_over() == []
