"""The hub lives through what its database and its machine do to it."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError

from apps.resources.executions import actions
from apps.resources.executions.event_hub import Hub, Pace
from apps.resources.executions.events import MessageAdded, Speaker
from apps.resources.executions.model import ExecutionEvent
from tests.resources.executions.waiting_runs import RUN, start
from tests.support.machines import HandOver

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 30.0


class Commits:
    """A feed whose watches look as they are told, first things first; opening one is the first of them."""

    def __init__(self, *looks: bool | Exception) -> None:
        self.looks = [*looks]
        self._pause = threading.Event()

    def announce(self, execution_ids: object) -> None: ...

    def watch(self) -> Commits:
        self.has_changed()
        return self

    def has_changed(self) -> bool:
        look = self.looks.pop(0) if self.looks else False
        if isinstance(look, Exception):
            raise look
        return look

    def wait(self) -> None:
        self._pause.wait(0.001)

    def close(self) -> None: ...


def begun(agent_id: str) -> str:
    run_id = start(agent_id)
    assert actions.claim(RUN, run_id, "one", seconds=60)
    return run_id


def speak(run_id: str) -> None:
    actions.append(RUN, run_id, "one", [MessageAdded(0, Speaker.AI, "Here it is.")])


@pytest.mark.parametrize(
    "looks",
    [
        (True, OperationalError("the database is gone"), True, True),
        (OperationalError("the server does not answer"), True, True),
        (PermissionError("the run directory belongs to somebody else"), True, True),
    ],
    ids=["a look", "a connection", "a socket"],
)
def test_a_hub_that_fails_looks_again(
    agent_id: str, hand_over: HandOver, looks: tuple[bool | Exception, ...], caplog: pytest.LogCaptureFixture
) -> None:
    run_id = begun(agent_id)
    hand_over(changes=Commits(*looks))
    with Hub().following(run_id) as inbox:
        speak(run_id)
        assert kinds_of(inbox.get(timeout=SECONDS)) == ["message"]
    assert "looking again" in caplog.text


def test_what_was_seen_and_could_not_be_read_is_read_at_the_next_look(
    agent_id: str, hand_over: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, hub, failed = begun(agent_id), Hub(), threading.Event()
    hand_over(changes=Commits(True, True, True, True))
    deliver = hub._deliver

    def fail_once() -> int:
        if failed.is_set():
            return deliver()
        speak(run_id)
        failed.set()
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(hub, "_deliver", fail_once)
    with hub.following(run_id) as inbox:
        assert kinds_of(inbox.get(timeout=SECONDS)) == ["message"]


@pytest.mark.parametrize(
    ("handed", "milliseconds"),
    [
        ([1, 1, 1], [2, 2, 2]),
        ([2, 200, 1], [4, 8, 2]),
        ([0, 0, 0, 0, 0], [1, 2, 4, 8, 8]),
        ([0, 0, 1, 0, 0], [1, 2, 2, 1, 2]),
    ],
    ids=["one", "many", "nobody", "one beside nobody"],
)
def test_a_hub_rests_by_what_a_look_has_cost(handed: list[int], milliseconds: list[float]) -> None:
    pace = Pace()
    assert [1000 * pace.rest_after(each) for each in handed] == milliseconds


def test_a_hub_that_had_nothing_to_do_looks_soon_again() -> None:
    pace = Pace()
    assert pace.rest_after(0) < pace.rest_after(0) < pace.rest_after(0)
    pace.waited(0.001)
    assert pace.rest_after(0) == 0.008
    pace.waited(0.05)
    assert pace.rest_after(0) == 0.001


def kinds_of(events: list[ExecutionEvent] | None) -> list[str]:
    return [event.type for event in events or ()]
