"""The card that kinds of runs share."""

from __future__ import annotations

from typing_extensions import TypeVar

from apps.resources.base import Resource, Revision
from apps.resources.executions.model import Execution, ExecutionEvent, Phase, StepRecord
from apps.resources.json_value import Json
from apps.resources.kind import Kind, OwnedRows
from apps.resources.kinds.execution_context.model import ExecutionContext

RunRow = TypeVar("RunRow", bound=Execution, default=Execution)
RunRow_co = TypeVar("RunRow_co", bound=Execution, default=Execution, covariant=True)
WORK = (
    OwnedRows(StepRecord, "execution_id"),
    # With its revisions, which hold the same secrets.
    OwnedRows(ExecutionContext, "execution_id", owned=(OwnedRows(Revision, "resource_id"),)),
)
"""What only served the work on a run, and goes with its end: its steps (nothing may act any more, so nothing can be
repeated) and its variables."""


class ExecutionKind(Kind[RunRow_co]):
    """Runs: named by us when the caller does not, live until a terminal phase. Their status is folded from events."""

    is_named_by_id = True
    has_fixed_spec = True
    taken_fields = ("callback_token",)
    keeps_status = True
    owned_rows = (OwnedRows(ExecutionEvent, "execution_id"), *WORK)

    def status_of(self, row: Resource) -> dict[str, Json]:
        del row  # nothing has happened in it yet
        return {"phase": Phase.PENDING.wire_name}
