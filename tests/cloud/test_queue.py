"""The queue of runs over real brokers, and what becomes of runs without one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.resources.ports import QueueLost
from stigmer_site.machine import celery_queue
from stigmer_site.machine.celery_consumer import CeleryConsumer
from stigmer_site.machine.celery_queue import CeleryQueue
from tests.agents.agents import COMPLETED, Agents
from tests.agents.runner_unit import RunnerUnit
from tests.cloud.cable import Cable
from tests.suites.api_unit import StartUnit
from tests.suites.client import Api, unique
from tests.support.daemon import wait_until
from tests.support.databases import postgresql_only

SECONDS = 90.0


class Hands:
    """A consumer with one worker in this process, and what it was called with."""

    def __init__(self, url: str, name: str) -> None:
        self.done: list[str] = []
        self.may_end = threading.Event()
        self.may_end.set()
        self.queue = CeleryQueue(url, name)
        self.consumer: CeleryConsumer = self.queue.consumer(self._work, workers=1)
        self.consumer.start()

    def _work(self, execution_id: str) -> None:
        self.done.append(execution_id)
        assert self.may_end.wait(SECONDS)


@pytest.fixture
def name() -> str:
    return unique("stigmer-runs")


@pytest.fixture
def hands(cable: Cable, name: str) -> Iterator[Hands]:
    made = Hands(cable.url, name)
    yield made
    made.may_end.set()
    made.consumer.stop()
    made.consumer.join(SECONDS)


def wait_for(hands: Hands, *ids: str) -> None:
    wait_until(lambda: set(ids) <= {*hands.done}, f"{ids} are worked on", seconds=SECONDS)


def test_ids_are_kept_until_somebody_is_there_and_are_worked_on_once(broker: str, cable: Cable, name: str) -> None:
    of_api = CeleryQueue(broker, name)
    for number in range(3):
        of_api.put(f"aex-{number}")
    assert of_api.waiting() == 3
    hands = Hands(cable.url, name)
    wait_for(hands, "aex-0", "aex-1", "aex-2")
    hands.consumer.stop()
    hands.consumer.join(SECONDS)
    assert hands.done == ["aex-0", "aex-1", "aex-2"]
    assert of_api.waiting() == 0


def test_the_consumer_finds_its_broker_again(broker: str, cable: Cable, name: str, hands: Hands) -> None:
    of_api = CeleryQueue(broker, name)
    of_api.put("aex-before")
    wait_for(hands, "aex-before")
    cable.pull()
    cable.plug()

    def one_more_is_worked_on() -> bool:
        of_api.put(unique("aex"))
        return len(hands.done) > 1

    wait_until(one_more_is_worked_on, "what is put in after the cut is worked on", seconds=SECONDS)


def test_without_a_broker_whoever_starts_runs_is_told_and_whoever_finds_them_works(
    cable: Cable, name: str, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(celery_queue, "TRY_AGAIN_SECONDS", 0.0)
    of_api = CeleryQueue(cable.url, name)
    of_api.put("aex-before")
    wait_for(hands, "aex-before")
    cable.pull()
    with pytest.raises(QueueLost, match="the broker does not answer"):
        of_api.put("aex-lost")
    with pytest.raises(QueueLost):
        of_api.waiting()
    assert hands.queue.waiting() == 0
    hands.may_end.clear()
    hands.queue.put("aex-lost")
    wait_for(hands, "aex-lost")
    with pytest.raises(QueueLost):  # its only hand is busy
        hands.queue.put("aex-another")
    hands.may_end.set()
    cable.plug()
    of_api.put("aex-another")  # the connection that was cut is made anew
    assert hands.done.count("aex-lost") == 1


@postgresql_only
def test_runs_end_whatever_becomes_of_the_broker(start_unit: StartUnit, cable: Cable, tmp_path: Path) -> None:
    unit = start_unit(env={"STIGMER_BROKER_URL": cable.url})
    with Api(unit.endpoint) as client, RunnerUnit(unit.home, env=unit.env) as runner:
        runner.wait_until_ready()
        agents = Agents(client, tmp_path)
        agent, model = agents.agent(), agents.script("Done.")
        assert agents.wait(agents.start(agent, model), seconds=SECONDS).status.phase == COMPLETED
        assert not (tmp_path / "own" / "data" / "queue.db").exists(), "nobody uses the queue of a single machine"
        cable.pull()
        assert agents.wait(agents.start(agent, model), seconds=SECONDS).status.phase == COMPLETED
        assert "a sweeper will find it: the broker does not answer" in unit.log
