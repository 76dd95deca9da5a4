from __future__ import annotations

import pytest

from apps.backends.local.supervisor.policy import Failures, next_delay
from apps.backends.local.supervisor.states import MOVES, IllegalMove, State, check_move


def test_the_delay_doubles_from_one_second_to_thirty() -> None:
    assert [next_delay(failures) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 30, 30, 30]


def test_the_fifth_failure_in_two_minutes_is_the_last() -> None:
    failures = Failures()
    assert [failures.add(now) for now in (0.0, 20.0, 50.0, 80.0)] == [1, 2, 4, 8]
    assert failures.add(119.0) is None


def test_failures_older_than_two_minutes_do_not_count() -> None:
    failures = Failures()
    for now in (0.0, 30.0, 60.0, 90.0):
        failures.add(now)
    assert failures.add(121.0) == 8  # the one at 0 s is forgotten: four are left


def test_health_makes_up_for_all_failures() -> None:
    failures = Failures()
    failures.add(0.0)
    failures.add(1.0)
    failures.forget()
    assert len(failures) == 0
    assert failures.add(2.0) == 1


def test_every_state_says_what_may_follow() -> None:
    assert set(MOVES) == set(State)
    assert all(state not in after for state, after in MOVES.items())


@pytest.mark.parametrize(
    ("old", "new"), [(State.STOPPED, State.READY), (State.FAILED, State.READY), (State.STOPPING, State.READY)]
)
def test_nothing_serves_without_having_started(old: State, new: State) -> None:
    with pytest.raises(IllegalMove, match=f"api cannot go from {old.value} to {new.value}"):
        check_move("api", old, new)
    check_move("api", State.STARTING, new)
