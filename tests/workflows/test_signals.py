"""Signals of a run as its rows have them, on both databases: kept, each taken once, there again when nobody knew."""

from __future__ import annotations

from typing import Any

import pytest

from apps.resources.caller import LOCAL
from apps.resources.errors import InvalidInput
from apps.resources.executions import signals
from apps.resources.executions.model import RunSignal, SignalKind
from apps.resources.executions.signals import Wanted
from apps.resources.maintenance.key_rotation import rotate
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import IllegalTransition, SignalDiffers, TooManySignals
from apps.resources.storage.transaction import write_transaction
from apps.resources.writes import actions
from apps.shared.masking import NOTHING_SECRET, Masker
from tests.support.databases import both_databases
from tests.workflows.test_retrying import begun, end, launcher, retried

__all__ = ["launcher"]

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]
Json = Any


def send(run: str, name: str, data: Json = None, key: str = "", kind: SignalKind = SignalKind.SIGNAL) -> str:
    return signals.send(WORKFLOW_EXECUTION, run, Wanted(name, kind, data, key), LOCAL)


def take(run: str, *names: str, path: str = "/a", all_of_them: bool = False, masker: Masker = NOTHING_SECRET) -> Json:
    with write_transaction():
        taken = signals.take(run, path, names, all_of_them=all_of_them, output=lambda came: came, masker=masker)
    return taken.output if taken else "nothing"


def fate(run: str, key: str) -> signals.Fate:
    return signals.fate_of(WORKFLOW_EXECUTION, run, key, LOCAL)


def test_the_oldest_is_taken_once_and_by_one() -> None:
    run = begun().execution_id
    first, second = send(run, "a", 1), send(run, "a", 2)
    send(run, "b", {"n": [3]})
    assert (take(run, "a", "b"), take(run, "a", path="/c"), take(run, "a")) == ({"a": 1}, {"a": 2}, "nothing")
    assert (fate(run, first).task, fate(run, second).task) == ("/a", "/c")
    assert (take(run, "a", "b", all_of_them=True), take(run, "b")) == ("nothing", {"b": {"n": [3]}})


def test_what_was_taken_for_a_task_that_was_cut_is_there_again() -> None:
    run = begun().execution_id
    key = send(run, "a", 1, kind=SignalKind.UPDATE)
    assert take(run, "a") == {"a": 1}
    assert fate(run, key).answer == {"a": 1}
    with write_transaction():
        signals.give_back(run, "/a")
    assert (fate(run, key).is_taken, fate(run, key).answer) == (False, None)
    assert take(run, "a", path="/b") == {"a": 1}


def test_answers_hold_no_secret_of_the_run() -> None:
    run = begun().execution_id
    key = send(run, "a", "hunter2-that-is-kept", kind=SignalKind.UPDATE)
    assert take(run, "a", masker=Masker({"KEY": "hunter2-that-is-kept"})) == {"a": "hunter2-that-is-kept"}
    assert "hunter2" not in str(fate(run, key).answer)
    assert "hunter2" not in str([*RunSignal.objects.values()])


def test_queries_are_answered_and_taken_by_nobody() -> None:
    run = begun().execution_id
    key = send(run, "a", kind=SignalKind.QUERY)
    assert take(run, "a") == "nothing"
    with write_transaction():
        signals.answer_queries(run, "/a", ["a"], {"n": 1})
    assert (fate(run, key).answer, fate(run, key).task) == ({"n": 1}, "/a")


def test_the_same_again_is_the_same_and_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "MOST_KEPT", 2)
    run = begun().execution_id
    assert [send(run, "a", {"x": 1, "y": 2}, "k"), send(run, "a", {"y": 2, "x": 1}, "k")] == ["k", "k"]
    for other in (Wanted("b", data={"x": 1, "y": 2}, key="k"), Wanted("a", data={"x": 1}, key="k")):
        with pytest.raises(SignalDiffers):
            signals.send(WORKFLOW_EXECUTION, run, other, LOCAL)
    send(run, "b")
    with pytest.raises(TooManySignals):
        send(run, "b")
    assert take(run, "b") == {"b": None}
    assert fate(run, send(run, "b")).number == 3
    deep: Json = 1
    for _ in range(30):
        deep = [deep]
    with pytest.raises(InvalidInput, match="deeper"):
        send(run, "b", deep)


def test_what_nobody_took_goes_to_the_run_that_retries_it() -> None:
    plan = begun()
    run = plan.execution_id
    taken = send(run, "a", 1)
    assert take(run, "a") == {"a": 1}
    send(run, "b", 2, "left")
    end(plan)
    assert (fate(run, taken).is_taken, fate(run, "left").is_taken, fate(run, "left").has_ended) == (True, False, True)
    assert send(run, "b", 2, "left") == "left"
    with pytest.raises(IllegalTransition):
        send(run, "b")
    second = retried(run)
    assert (fate(second, "left").number, take(second, "b"), fate(second, send(second, "c")).number) == (1, {"b": 2}, 2)


def test_they_are_under_the_newest_key_and_go_with_the_run() -> None:
    run = begun().execution_id
    send(run, "a", 1, kind=SignalKind.UPDATE)
    send(run, "b", 1)
    take(run, "a")
    rotation = rotate()
    assert rotation
    kept = RunSignal.objects.values_list("data", "answer")
    assert {sealed.partition(":")[0] for row in kept for sealed in row if sealed} == {rotation.key_id}
    assert take(run, "b") == {"b": 1}
    actions.delete(WORKFLOW_EXECUTION, run, LOCAL, force=True)
    assert not RunSignal.objects.exists()
