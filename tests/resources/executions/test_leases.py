"""Who works on a run: leases are claimed, kept, lost and given back by conditional updates."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.resources.caller import LOCAL
from apps.resources.executions import actions, lease_keeper, reading
from apps.resources.executions.events import MessageAdded, OutputSet, Speaker, ToolCalled
from apps.resources.executions.lease_watch import LEASE_SECONDS, LeaseWatch
from apps.resources.executions.model import Execution, ExecutionEvent, Phase
from apps.resources.executions.queries import held_leases
from apps.resources.executions.terminating import terminate
from apps.resources.registry import BY_NAME
from apps.resources.run_errors import EngineUnavailable, IllegalTransition, LeaseLost
from apps.resources.wire.json_form import to_json
from apps.resources.writes import actions as resources
from tests.resources.executions.waiting_runs import RUN, start
from tests.support.databases import both_databases
from tests.support.machines import HandOver, IdleLauncher, launchers

pytestmark = [both_databases, pytest.mark.django_db]


@pytest.fixture
def run_id(agent_id: str) -> str:
    return start(agent_id)


def row(run_id: str) -> Execution:
    found: Execution = RUN.model.objects.get(pk=run_id)
    return found


def expire(run_id: str) -> None:
    """As the sweeper does when nobody keeps the lease."""
    (lease,) = [lease for lease in held_leases(RUN) if lease.execution_id == run_id]
    assert actions.take_away(RUN, lease)


def test_of_two_claims_one_gets_the_run(run_id: str) -> None:
    first = actions.claim(RUN, run_id, "one", seconds=60)
    assert first is not None
    assert (first.phase, first.lease_owner, first.attempt) == (Phase.IN_PROGRESS, "one", 1)
    assert actions.claim(RUN, run_id, "two", seconds=60) is None
    assert row(run_id).lease_owner == "one"


def test_a_lease_that_ran_out_may_be_claimed_again_and_is_lost_to_its_owner(run_id: str) -> None:
    first = actions.claim(RUN, run_id, "one", seconds=60)
    expire(run_id)
    second = actions.claim(RUN, run_id, "two", seconds=60)
    assert first is not None
    assert second is not None
    assert (second.attempt, second.started_at) == (2, first.started_at)
    assert not actions.renew(RUN, run_id, "one", seconds=60)
    with pytest.raises(LeaseLost):
        actions.append(RUN, run_id, "one", [OutputSet({})])
    with pytest.raises(LeaseLost):
        actions.finish(RUN, run_id, "one", Phase.COMPLETED)
    assert row(run_id).phase == Phase.IN_PROGRESS
    assert actions.renew(RUN, run_id, "two", seconds=60)


def set_clock_ahead(run_id: str) -> None:
    """What the row says after that."""
    RUN.model.objects.filter(pk=run_id).update(lease_until=timezone.now() - timedelta(hours=2))


def test_a_clock_that_was_set_takes_no_lease_from_whoever_keeps_it(run_id: str) -> None:
    clock = [0.0]
    watch = LeaseWatch(RUN, lambda: clock[0])
    actions.claim(RUN, run_id, "one", seconds=60)
    for _ in range(10):
        set_clock_ahead(run_id)
        assert [lease.owner for lease in watch.look()[0]] == ["one"]
        clock[0] += LEASE_SECONDS - 1
        assert watch.look()[1] == []
        assert actions.claim(RUN, run_id, "two", seconds=60) is None
        assert actions.renew(RUN, run_id, "one", seconds=60)
        clock[0] += LEASE_SECONDS - 1


def test_a_lease_that_nobody_keeps_ends_whatever_the_clock_says(run_id: str) -> None:
    clock = [0.0]
    watch = LeaseWatch(RUN, lambda: clock[0])
    actions.claim(RUN, run_id, "one", seconds=7200)
    assert watch.look()[1] == []
    clock[0] += LEASE_SECONDS
    (silent,) = watch.look()[1]
    assert silent.owner == "one"
    assert actions.renew(RUN, run_id, "one", seconds=7201)
    assert not actions.take_away(RUN, silent), "it was renewed since"
    clock[0] += 1
    assert watch.look()[1] == []
    clock[0] += LEASE_SECONDS
    (silent,) = watch.look()[1]
    assert actions.take_away(RUN, silent)
    assert actions.claim(RUN, run_id, "two", seconds=60) is not None


def test_the_time_of_the_work_is_noted_with_each_renewal(run_id: str) -> None:
    actions.claim(RUN, run_id, "one", seconds=60)
    for _ in range(2):
        actions.renew(RUN, run_id, "one", seconds=60, worked_seconds=2.5)
    assert row(run_id).worked_seconds == 5.0


def test_a_lease_that_is_lost_records_nothing(run_id: str) -> None:
    actions.claim(RUN, run_id, "one", seconds=60)
    before = ExecutionEvent.objects.filter(execution_id=run_id).count()
    with pytest.raises(LeaseLost):
        actions.append(RUN, run_id, "two", [MessageAdded(0, Speaker.AI, "x")])
    assert ExecutionEvent.objects.filter(execution_id=run_id).count() == before


def test_a_run_that_is_given_back_is_taken_by_whoever_comes_next(run_id: str) -> None:
    actions.claim(RUN, run_id, "one", seconds=60)
    actions.give_back(RUN, run_id, "one")
    assert actions.claim(RUN, run_id, "two", seconds=60) is not None


def test_a_run_that_has_ended_is_claimed_by_nobody(run_id: str) -> None:
    actions.claim(RUN, run_id, "one", seconds=60)
    actions.finish(RUN, run_id, "one", Phase.FAILED, error="no model")
    ended = row(run_id)
    assert (ended.phase, ended.error, ended.lease_owner, ended.is_folded) == (Phase.FAILED, "no model", "", True)
    assert actions.claim(RUN, run_id, "two", seconds=60) is None
    with pytest.raises(IllegalTransition):
        actions.request_cancel(RUN, run_id, "too late", LOCAL)


def test_a_run_that_is_terminated_ends_with_what_it_was_at_and_its_owner_is_told(run_id: str) -> None:
    claimed = actions.claim(RUN, run_id, "one", seconds=60)
    assert claimed is not None
    actions.append(RUN, run_id, "one", [ToolCalled("a", "look_up", "RUNNING"), ToolCalled("b", "send", "PENDING")])
    held = lease_keeper.Held(claimed, lambda: None)
    keeper = lease_keeper.LeaseKeeper(RUN, "one")
    keeper._held[run_id] = held
    terminate(RUN, run_id, "it hangs", LOCAL)
    keeper._tell_unwanted()
    ended = row(run_id)
    assert (ended.phase, ended.error, held.cancel_reason) == (Phase.CANCELLED, "terminated: it hangs", "it hangs")
    said = {call["id"]: call["error"] for call in run_status(run_id)["tool_calls"]}
    assert said == {"a": "not finished: the run ended", "b": "not made: the run ended"}
    with pytest.raises(LeaseLost):
        actions.finish(RUN, run_id, "one", Phase.CANCELLED)


def run_status(run_id: str) -> Any:
    envelope, _ = reading.current(RUN, run_id, LOCAL)
    return to_json(envelope.status)


def test_a_run_under_way_is_asked_to_end_and_ends_by_its_owner(run_id: str) -> None:
    actions.claim(RUN, run_id, "one", seconds=60)
    actions.request_cancel(RUN, run_id, "not needed", LOCAL)
    actions.request_cancel(RUN, run_id, "another reason", LOCAL)
    asked = row(run_id)
    assert (asked.phase, asked.cancel_reason) == (Phase.IN_PROGRESS, "not needed")
    assert asked.cancel_requested_at is not None


def test_whoever_works_on_a_run_that_is_deleted_is_woken_and_stops(
    agent_id: str, monkeypatch: pytest.MonkeyPatch, hand_over: HandOver
) -> None:
    monkeypatch.setattr(lease_keeper, "RENEW_EVERY_SECONDS", 3600.0)
    leases = lease_keeper.LeaseKeeper(RUN, "one")

    class Waking(IdleLauncher):
        def cancel(self, execution_id: str) -> None:
            assert not RUN.model.objects.filter(pk=execution_id).exists()
            leases.look()

    hand_over(launchers=launchers(Waking()))
    leases.start()
    told = threading.Event()
    with leases.claimed(start(agent_id), told.set) as held:
        assert held is not None
        resources.delete(BY_NAME["Agent"], agent_id, LOCAL, force=True)
        assert told.wait(30.0)
        assert held.is_lost
        assert held.cancel_reason is None
    leases.stop()


def test_the_sweeper_finds_what_nobody_works_on(agent_id: str) -> None:
    lost, held, fresh, forgotten = (start(agent_id) for _ in range(4))
    for run_id in (lost, held):
        actions.claim(RUN, run_id, "one", seconds=60)
    expire(lost)
    RUN.model.objects.filter(pk=forgotten).update(created_at=timezone.now() - timedelta(minutes=5))
    assert {each.pk for each in actions.abandoned(RUN, pending_for=60)} == {lost, forgotten}
    assert fresh not in {each.pk for each in actions.abandoned(RUN, pending_for=60)}


def test_without_an_engine_nothing_is_stored(agent_id: str, hand_over: HandOver) -> None:
    hand_over(launchers={})
    with pytest.raises(EngineUnavailable):
        start(agent_id)
    assert not RUN.model.objects.exists()
    assert not BY_NAME["Session"].model.objects.exists()


def test_a_launcher_that_fails_loses_a_wake_up_and_not_the_run(
    agent_id: str, hand_over: HandOver, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(IdleLauncher):
        def launch(self, execution_id: str) -> None:
            raise OSError(f"the queue is gone, {execution_id} cannot be put into it")

    hand_over(launchers=launchers(Broken()))
    run_id = start(agent_id)
    assert row(run_id).phase == Phase.PENDING
    assert run_id in caplog.text


def test_a_long_error_is_logged_in_part_and_kept_whole(run_id: str, caplog: pytest.LogCaptureFixture) -> None:
    error = "broken " * 1000
    actions.claim(RUN, run_id, "one", seconds=60)
    with caplog.at_level("INFO"):
        actions.finish(RUN, run_id, "one", Phase.FAILED, error=error)
    assert row(run_id).error == error
    assert len(next(each.getMessage() for each in caplog.records if run_id in each.getMessage())) < len(error) / 10
