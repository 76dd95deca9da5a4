"""What a retry takes over of a run, told by what is recorded of its tasks."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from apps.resources.errors import InvalidInput
from apps.resources.executions.events import TaskChanged
from apps.resources.executions.retries import Course, Kept, paths_above


def course(*told: str) -> Course:
    """Of lines `PATH STATUS`."""
    events = [
        TaskChanged(id=path, name=path.rpartition("/")[2], status=status) for path, status in map(str.split, told)
    ]
    made = Course(events)
    for event in events:
        if event.status not in ("PENDING", "SKIPPED"):
            made.began.setdefault(event.id, len(made.began))
    return made


FAILED_IN_A_LOOP = (
    *("/a PENDING", "/loop PENDING", "/z PENDING"),
    *("/a COMPLETED", "/loop IN_PROGRESS", "/loop[0]/b COMPLETED", "/loop[1]/b IN_PROGRESS"),
    *("/loop[1]/b FAILED", "/loop[1]/c SKIPPED", "/loop FAILED", "/z SKIPPED"),
)


def lines(events: Iterable[TaskChanged]) -> list[str]:
    return [f"{event.id} {event.status}" for event in events]


def test_everything_before_the_failed_task_is_taken_over() -> None:
    kept = Kept("wex-1", "/loop[1]/b", course(*FAILED_IN_A_LOOP), is_named=False)
    assert lines(kept.events()) == list(FAILED_IN_A_LOOP[:6])
    assert [kept.keeps(path) for path in ("/a", "/loop[0]/b", "/loop[1]/b", "/loop[9999]/b")] == [
        True,
        True,
        False,
        True,
    ]


def test_a_task_that_was_not_recorded_ends_what_is_taken_over_where_its_loop_failed() -> None:
    kept = Kept("wex-1", "/loop[9]/b", course(*FAILED_IN_A_LOOP), is_named=False)
    assert lines(kept.events())[-1] == "/loop[1]/c SKIPPED"


def test_what_began_behind_a_named_task_is_done_anew() -> None:
    """Of what is too deep in a loop to be recorded, the loop says whether it was before."""
    kept = Kept("wex-1", "/loop[0]/b", course(*FAILED_IN_A_LOOP), is_named=True)
    assert [kept.keeps(path) for path in ("/a", "/loop[0]/b", "/loop[1]/b", "/loop[9999]/b")] == [
        True,
        False,
        False,
        False,
    ]
    behind = Kept("wex-1", "/z", course("/loop COMPLETED", "/z FAILED"), is_named=True)
    assert (behind.keeps("/loop[9999]/b"), behind.keeps("/z")) == (True, False)


def test_who_failed_is_the_last_that_began_with_all_around_it() -> None:
    """Not one whose failure was caught; and nobody, where not everything was recorded."""
    caught = ("/try FAILED", "/try/try/x FAILED", "/guard COMPLETED", "/guard/try/y FAILED")
    assert course(*caught).failed_task() == "/try/try/x"
    assert course("/a COMPLETED").failed_task() == ""
    assert course("/a FAILED", "~unrecorded COMPLETED").failed_task() == ""


def test_tasks_are_named_by_path_or_by_a_name_that_only_one_has() -> None:
    found = course("/a COMPLETED", "/loop FAILED", "/loop[0]/b COMPLETED", "/loop[1]/b FAILED", "/z SKIPPED")
    assert [found.task_named(each) for each in ("a", "/a", "loop[0]/b", "loop")] == ["/a", "/a", "/loop[0]/b", "/loop"]
    for name in ("b", "z", ""):
        with pytest.raises(InvalidInput):
            found.task_named(name)
    assert paths_above("/loop[0]/b") == ["/loop", "/loop[0]"]
