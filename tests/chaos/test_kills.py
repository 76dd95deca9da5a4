"""kill -9 of every unit and of the daemon, at moments that the seed chooses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import grpc
import pytest

from tests.chaos.harness import AGENT, WORKFLOW, Chaos, chaos, patiently
from tests.suites.client import Refused, unique
from tests.support.daemon import wait_until

SEED = 4
ROUNDS = 7
"""With what follows a dozen kills: of each unit, of two at once, at different stages."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    with chaos(tmp_path_factory.mktemp("chaos"), SEED) as installation:
        yield installation


@pytest.mark.parametrize("number", range(1, ROUNDS + 1))
def test_each_run_ends_once_and_each_effect_happens_once_or_is_unknown(running: Chaos, number: int) -> None:
    rows = running.round()
    assert rows
    assert [line for row in rows for line in row.wrong] == []


def test_what_the_api_acknowledged_before_it_died_is_there_and_ends(running: Chaos) -> None:
    acknowledged: list[str] = []

    def create() -> None:
        try:
            while len(acknowledged) < 12:
                acknowledged.append(running.create(AGENT, unique("run")))
        except Refused as refused:
            refusals.append(refused.code)

    refusals: list[grpc.StatusCode] = []
    creating = [threading.Thread(target=create) for _ in range(3)]
    for thread in creating:
        thread.start()
    wait_until(lambda: bool(acknowledged), "the first run is acknowledged")
    running.kill("api")
    for thread in creating:
        thread.join()
    running.wait_until_back()
    assert set(refusals) <= {grpc.StatusCode.UNAVAILABLE}
    get = running.api.of(AGENT).get
    assert {patiently(partial(get, run)).metadata.id for run in acknowledged} == set(acknowledged)
    # Also those whose acknowledgement got lost.
    wait_until(lambda: running.left_over() == [], "every stored run ends", seconds=60)


def test_a_dead_daemon_takes_its_units_along_and_the_next_goes_on(running: Chaos) -> None:
    runs = [running.start(WORKFLOW), running.start(AGENT)]
    running.kill("daemon")
    running.wait_until_back()
    assert [line for run in runs for line in running.verdict(run)[1]] == []


def test_nothing_is_left_over(running: Chaos) -> None:
    assert running.left_over() == []
