"""What has become of a batch: counts while it goes on, failures grouped by their cause at its end."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.backends.client.outcome import output_of
from apps.backends.runs import Phase
from apps.shared.durations import duration
from apps.shared.failure_groups import cause
from cli.output import as_one_line_json, one_line, table

if TYPE_CHECKING:
    from apps.backends.batches.driver import Ended

EXAMPLES = 5
"""Lines of a group that are named."""
MOST_GROUPS = 1000
REST = "other errors"


@dataclass
class Group:
    """Runs that failed alike."""

    error: str
    execution_id: str
    count: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass
class Summary:
    """Counts what has ended, of `total`. What it keeps does not grow with the runs but with the causes of failures."""

    total: int
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    refused: int = 0
    """Of the failed: those of which no run was made."""
    groups: dict[str, Group] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def ended(self) -> int:
        """All of them."""
        return self.completed + self.failed + self.cancelled

    def add(self, ended: Ended) -> None:
        """Take note of an end."""
        if ended.phase is Phase.COMPLETED:
            self.completed += 1
            return
        if ended.phase is Phase.CANCELLED:
            self.cancelled += 1
        else:
            self.failed += 1
            self.refused += not ended.execution_id
        error = ended.error or "no reason was given"
        key = cause(error)
        if key not in self.groups and len(self.groups) >= MOST_GROUPS:
            key = error = REST
        group = self.groups.setdefault(key, Group(error, ended.execution_id))
        group.count += 1
        if len(group.lines) < EXAMPLES:
            group.lines.append(ended.line)

    def progress(self, running: int) -> str:
        """`120 of 1,000 done, 8 running, 2 failed  35 s`."""
        parts = [f"{self.ended:,} of {self.total:,} done"]
        parts += [f"{running:,} running"] if running else []
        parts += [f"{self.failed:,} failed"] if self.failed else []
        return f"{', '.join(parts)}  {duration(time.monotonic() - self.began)}"

    def words(self) -> str:
        """`998 completed, 2 failed in 35 s`."""
        counts = (("completed", self.completed), ("failed", self.failed), ("cancelled", self.cancelled))
        said = ", ".join(f"{number:,} {word}" for word, number in counts if number)
        return f"{said} in {duration(time.monotonic() - self.began)}"

    def as_table(self, stream: Any = None) -> str:  # a text stream
        """The causes of failures, the most frequent first."""
        groups = sorted(self.groups.values(), key=lambda group: -group.count)
        rows = [(f"{each.count:,}", lines_of(each), each.execution_id or "-", one_line(each.error)) for each in groups]
        return table(("COUNT", "LINES", "FIRST", "ERROR"), rows, stream=stream or sys.stdout)


def lines_of(group: Group) -> str:
    """`3, 17, 20, ...`."""
    return ", ".join(map(str, sorted(group.lines))) + (", ..." if group.count > len(group.lines) else "")


def record(ended: Ended) -> str:
    """One result as a line of JSON."""
    return as_one_line_json(
        {
            "line": ended.line,
            "execution": ended.execution_id or None,
            "phase": ended.phase.value if ended.phase else "refused",
            "output": output_of(ended.run) if ended.run is not None and ended.phase is Phase.COMPLETED else None,
            "error": ended.error or None,
        }
    )
