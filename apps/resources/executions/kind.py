"""The card that kinds of runs share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.resources.base import Resource, Revision
from apps.resources.executions.fold import fold_all
from apps.resources.executions.model import Execution, ExecutionEvent, Phase, StepRecord
from apps.resources.json_value import Json
from apps.resources.kind import Kind
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.ports import machine
from apps.resources.storage.statements import delete_rows, fetch_after, find


class ExecutionKind(Kind):
    """Runs: named by us when the caller does not, live until a terminal phase."""

    is_named_by_id = True
    has_fixed_spec = True

    def write_status(self, row: Resource, status: Any) -> None:  # Any: the status message of this kind
        if not isinstance(row, Execution):
            raise TypeError(f"{row} is no run")
        status.phase = Phase.PENDING
        self.begin_status(row, status)
        if row.is_folded:
            fold_all(status, fetch_after(ExecutionEvent, "execution_id", [row.pk], 0))

    def begin_status(self, row: Execution, status: Any) -> None:  # Any: as above
        """Fill what is known of a run before anything has happened in it."""

    def take_columns(self, envelope: Any) -> dict[str, Json]:  # Any: the envelope of this kind
        token = bytes(envelope.spec.callback_token)
        envelope.spec.ClearField("callback_token")
        return {"callback_token": token, "is_waited_for": True} if token else {}

    def delete_owned_rows(self, ids: Sequence[str]) -> None:
        delete_rows(ExecutionEvent, "execution_id", ids)
        self.forget_work(ids)

    def forget_work(self, ids: Sequence[str]) -> None:
        """Delete what only served the work on runs that are over.

        That is their steps (nothing may act any more, so nothing can be repeated) and their variables, with the
        revisions of these, which hold the same secrets.
        """
        delete_rows(StepRecord, "execution_id", ids)
        contexts = [pk for (pk,) in find(ExecutionContext, ("id",), "execution_id", ids)]
        if contexts:
            Revision.objects.filter(resource_id__in=contexts).delete()
            ExecutionContext.objects.filter(pk__in=contexts).delete()

    def interrupt(self, ids: Sequence[str]) -> None:
        launcher = machine().launchers.get(self.name)
        if launcher is not None:
            for execution_id in ids:
                launcher.cancel(execution_id)

    def running_ids(self, rows: Sequence[Resource]) -> list[str]:
        return [row.pk for row in rows if isinstance(row, Execution) and not Phase(row.phase).is_terminal]
