"""In which order the tasks of a run are told: as they began, each behind the task that it is in.

What has not begun comes behind what has, in declared order. A further attempt follows the one before it.
"""

from __future__ import annotations

import bisect
import re
from typing import Any, Final

from apps.resources.executions.events import TaskChanged

Tasks = Any  # the repeated field of WorkflowTask
Key = tuple[tuple[int, int, int], ...]

NOT_BEGUN: Final = frozenset({"PENDING", "SKIPPED"})
_NOTE: Final = "~"
"""What the id of a note begins with, which is no task: it stands at the end."""
_MARK: Final = re.compile(r"[/\[]")
"""What stands in a path between a task and those inside it."""
_PREFIX: Final = "WORKFLOW_TASK_"


class TaskOrder:
    """Knows the tasks of one run by their paths; those without a path, of runners elsewhere, stay as they came."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._begun: dict[str, int] = {}
        self._ids: set[str] = set()

    @classmethod
    def of(cls, tasks: Tasks) -> TaskOrder:
        """That of a list which has been sorted before."""
        order = cls()
        order.begin_anew(tasks)
        return order

    def begin_anew(self, tasks: Tasks) -> None:
        self._seen, self._begun, self._ids = {}, {}, set()
        for task in tasks:
            self._ids.add(task.task_id)
            status = task.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number[task.status].name
            self._note(_path(task), status.removeprefix(_PREFIX))

    def knows(self, task_id: str) -> bool:
        """Whether it was told of before; without going through the list."""
        return task_id in self._ids

    def note(self, event: TaskChanged) -> bool:
        """Take note of a task's state. Whether it begins with this."""
        self._ids.add(event.id)
        path = event.metadata.get("path")
        return self._note(path if isinstance(path, str) and path else event.id, event.status)

    def sort(self, tasks: Tasks) -> None:
        tasks.sort(key=self._key)

    def place_of(self, tasks: Tasks, index: int) -> int:
        """Where the task at `index`, the last one, belongs among those before it, which are in order."""
        return bisect.bisect(tasks, self._key(tasks[index]), 0, index, key=self._key)

    def _note(self, path: str, status: str) -> bool:
        self._seen.setdefault(path, len(self._seen))
        begins = status not in NOT_BEGUN and path not in self._begun
        if begins:
            self._begun[path] = len(self._begun)
        return begins

    def _key(self, task: Any) -> Key:  # Any: a WorkflowTask
        path = _path(task)
        attempt = int(task.metadata.fields["attempt"].number_value) if "attempt" in task.metadata else 1
        above = (path[: mark.start()] for mark in _MARK.finditer(path, 1))
        return (*(self._rank(place) for place in above if place in self._seen), self._rank(path, attempt))

    def _rank(self, path: str, attempt: int = 1) -> tuple[int, int, int]:
        begun = self._begun.get(path)
        if begun is not None and not path.startswith(_NOTE):
            return 0, begun, attempt
        return 2 if path.startswith(_NOTE) else 1, self._seen.get(path, 0), attempt


def _path(task: Any) -> str:  # Any: a WorkflowTask
    """What its place is told by."""
    path = task.metadata.fields["path"].string_value if "path" in task.metadata else ""
    return str(path or task.task_id)
