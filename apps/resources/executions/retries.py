"""What a run that failed leaves to the one that retries it: which task that goes on from, and what came before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from apps.resources.caller import SYSTEM
from apps.resources.errors import InvalidInput
from apps.resources.executions import steps
from apps.resources.executions.event_base import DONE_IN
from apps.resources.executions.events import TaskChanged
from apps.resources.executions.model import Execution, Phase
from apps.resources.executions.queries import recorded_events
from apps.resources.executions.task_order import NOT_BEGUN
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.shared.annotations import TRY

SHOWN = 8
"""Tasks that an error names."""


@dataclass(frozen=True)
class Course:
    """What is recorded of a run's tasks. `began` has the place of each in the order in which they began, by path."""

    events: Sequence[TaskChanged]
    began: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, execution_id: str) -> Course:
        rows = recorded_events(WORKFLOW_EXECUTION, execution_id, SYSTEM).filter(type=TaskChanged.type)
        course = cls([TaskChanged.from_data(data) for data in rows.values_list("data", flat=True)])
        for event in course.events:
            if event.status not in NOT_BEGUN:
                course.began.setdefault(path_of(event), len(course.began))
        return course

    def failed_task(self) -> str:
        """The last that began of those that ended as failed together with all that they are in.

        "" without one, and where not all tasks were recorded, so that nobody knows.
        """
        if any(event.id.startswith("~") for event in self.events):
            return ""
        status = {path_of(event): event.status for event in self.events}
        failed = [
            path
            for path in self.began
            if status[path] == "FAILED" and all(status.get(above, "FAILED") == "FAILED" for above in paths_above(path))
        ]
        return failed[-1] if failed else ""

    def task_named(self, name: str) -> str:
        """The path of the task with this name or path. Raises InvalidInput unless one such task has begun."""
        names = {path_of(event): event.name for event in self.events}
        named = {path: names[path] for path in self.began}
        found = [path for path in named if name in (path, path.removeprefix("/"))]
        found = found or [path for path, each in named.items() if each == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidInput.at("task", f"is the name of {len(found):,} tasks: say which, {_some(found)}")
        raise InvalidInput.at("task", f"{name!r} has not begun in that run; those that have: {_some([*named])}")


@dataclass(frozen=True)
class Kept:
    """What a retry takes over of the run `of`.

    All that is done; where somebody has named the `task`, what was done before it.
    """

    of: str
    task: str
    course: Course
    is_named: bool
    number: int = 1
    """Which try that run was."""

    def keeps(self, path: str) -> bool:
        """Whether what the task at `path` did stays as it is recorded, well done or not."""
        if not self.is_named:
            return path != self.task
        if is_inside(path, self.task):
            return False
        # Tasks deep in long loops are not recorded: they stand with the nearest one that is, around them.
        known = next((each for each in (path, *reversed(paths_above(path))) if each in self.course.began), "")
        is_before = bool(known) and self.course.began[known] < self.course.began[self.task]
        return is_before and not (known != path and is_inside(self.task, known))

    def events(self) -> Iterator[TaskChanged]:
        """The records that stay true: those before the task begins, or ends with what it is in."""
        for event in self.course.events:
            path = path_of(event)
            if path == self.task and event.status not in NOT_BEGUN:
                return
            if is_inside(self.task, path) and event.status == "FAILED":
                return
            is_done = event.status not in NOT_BEGUN and event.status != "IN_PROGRESS"
            metadata = (
                {**event.metadata, DONE_IN: event.metadata.get(DONE_IN, self.number)} if is_done else event.metadata
            )
            yield replace(event, metadata=metadata)

    def times(self) -> dict[str, list[float]]:
        """When the tasks before it began and ended, in seconds since 1970, by path."""
        found: dict[str, list[float]] = {}
        for event in self.course.events:
            began, ended = _seconds(event.started_at), _seconds(event.completed_at)
            if began and self.keeps(path_of(event)):
                first = found.setdefault(path_of(event), [began, began])
                first[1] = max(first[1], ended)
        return found


def path_of(event: TaskChanged) -> str:
    """Where a task stands in its workflow; its id where it says nothing of that."""
    return str(event.metadata.get("path") or event.id)


def paths_above(path: str) -> list[str]:
    """What a task is in, the outermost first: `/loop`, `/loop[3]`; not all of them are tasks."""
    return [path[:place] for place, sign in enumerate(path) if sign in "/[" and place]


def is_inside(path: str, task: str) -> bool:
    """Whether `path` is that of the task, or of something in it."""
    return path == task or path.startswith((f"{task}/", f"{task}["))


def can_be_retried(run: Execution) -> bool:
    """Whether it has failed, and what it did is kept."""
    return run.phase == Phase.FAILED and steps.find_aside(run.pk) is not None


def retry_name(execution_id: str) -> str:
    """The name of the run that retries another one: by it that one knows it."""
    return f"{execution_id}-retry"


def try_of(run: Execution) -> int:
    """Which try a run is: 1, unless it retries another one."""
    said = run.annotations.get(TRY, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < SHOWN else 1


def _some(paths: Sequence[str]) -> str:
    return f"{', '.join(paths[:SHOWN])}{' ...' if len(paths) > SHOWN else ''}"


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0
