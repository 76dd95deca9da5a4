"""The card that kinds of runs share."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import TypeVar

from apps.resources.base import Resource
from apps.resources.executions.model import Execution, ExecutionEvent, Phase, RunSignal, RunText, RunUsage, StepRecord
from apps.resources.json_value import Json
from apps.resources.kind import Kind, OwnedRows
from apps.resources.kinds.execution_context.model import ExecutionContext

RunRow = TypeVar("RunRow", bound=Execution, default=Execution)
RunRow_co = TypeVar("RunRow_co", bound=Execution, default=Execution, covariant=True)
STEPS, VARIABLES = OwnedRows(StepRecord, "execution_id"), OwnedRows(ExecutionContext, "execution_id")
WORK = (STEPS, VARIABLES)
"""What only served the work on a run, and goes with its end: its steps (nothing may act any more, so nothing can be
repeated) and its variables. Where a run that failed can be retried, both are kept for a while, as steps."""


class ExecutionKind(Kind[RunRow_co]):
    """Runs: named by us when the caller does not, live until a terminal phase. Their status is folded from events."""

    is_named_by_id = True
    is_left_by_runs = True
    has_fixed_spec = True
    is_applied = False
    taken_fields = ("callback_token",)
    keeps_status = True
    can_be_retried: ClassVar[bool] = False
    """Whether one that failed may go on from the task that failed."""
    takes_signals: ClassVar[bool] = False
    """Whether there is something in it that listens."""
    owned_rows = (*(OwnedRows(each, "execution_id") for each in (ExecutionEvent, RunSignal, RunText, RunUsage)), *WORK)

    def status_of(self, row: Resource) -> dict[str, Json]:
        del row  # nothing has happened in it yet
        return {"phase": Phase.PENDING.wire_name}
