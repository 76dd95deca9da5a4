"""Our workflows at a Temporal that may hold those of others: every list, start, cancel and end goes through here.

Ours are of our type and on a queue that carries the id of this installation. Versions before that had one queue for
all installations; what is left there is ours where one of our own rows says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from apps.workflows.worker.contracts import SHARED_TASK_QUEUE, WORKFLOW, RunPlan, task_queue

_OPEN: Final = f"ExecutionStatus = 'Running' AND WorkflowType = '{WORKFLOW}' AND TaskQueue = '{{queue}}'"
MOST_REMEMBERED: Final = 1000
UPDATE_PATIENCE: Final = timedelta(seconds=12)
"""A workflow task that works through many short steps ends within ten."""
NO_UPDATES: Final = frozenset({RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED})
"""What a Temporal says that knows no updates, or does not allow them."""


@dataclass(frozen=True)
class Found:
    """What Temporal says of one of our workflows."""

    status: WorkflowExecutionStatus | None
    attempt: int
    """Of its workflow task that is under way; 0 when there is none."""

    @property
    def is_running(self) -> bool:
        return self.status is WorkflowExecutionStatus.RUNNING


class OwnWorkflows:
    """`installation` is the id that distinguishes this data directory from every other.

    `check_temporal` is asked before anything: it raises EngineUnavailable where somebody else's Temporal has come to
    listen where ours was.
    """

    def __init__(self, client: Client, installation: str, check_temporal: Callable[[], None]) -> None:
        self.client, self.queue, self.check_temporal = client, task_queue(installation), check_temporal
        self._takes_updates = True
        self._ours: dict[str, None] = {}
        """Ids of the last ones that were seen to be ours: no other installation makes the same."""

    async def start(self, plan: RunPlan) -> None:
        """Raises WorkflowAlreadyStartedError for a run that Temporal knows, running or ended."""
        await self._start(plan, id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE, request_eager_start=True)

    async def start_in_place_of_another(self, plan: RunPlan) -> None:
        """From its beginning on our own queue, ending the one that runs elsewhere under the same id."""
        await self._start(
            plan,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
        )

    async def _start(self, plan: RunPlan, **policy: Any) -> None:  # Any: what Temporal takes by these names
        self.check_temporal()
        await self.client.start_workflow(WORKFLOW, plan, id=plan.execution_id, task_queue=self.queue, **policy)
        self._remember(plan.execution_id)

    async def open_ids(self) -> set[str]:
        """Runs that Temporal has open on our queue, as far as its lists have caught up."""
        return await self._open_on(self.queue)

    async def open_on_shared_queue(self) -> set[str]:
        """Those on the queue of former versions, of every installation."""
        return await self._open_on(SHARED_TASK_QUEUE)

    async def find(self, execution_id: str) -> Found | None:
        """None where Temporal does not know it, or has something under this id that is not ours."""
        description = await self._describe(execution_id)
        if description is None:
            return None
        return Found(description.status, description.raw_description.pending_workflow_task.attempt)

    async def signal(self, execution_id: str, name: str, value: Any) -> bool:  # Any: whatever the signal takes
        """Tell a workflow something. False where there is none of ours that runs."""
        if not await self._is_ours(execution_id):
            return False
        try:
            await self.client.get_workflow_handle(execution_id).signal(name, value)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def update(self, execution_id: str, name: str, value: Any) -> bool:  # Any: whatever the update takes
        """Tell a workflow something, and wait until it has heard it. False where nobody knows whether it has.

        Temporal keeps nothing of an update before that, so it comes a third sooner than a signal, and may be lost.
        """
        if not self._takes_updates or not await self._is_ours(execution_id):
            return False
        try:
            await self.client.get_workflow_handle(execution_id).execute_update(name, value, rpc_timeout=UPDATE_PATIENCE)
        except RPCError as error:
            self._takes_updates = error.status not in NO_UPDATES
            return False
        except (WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
            return False  # its worker is of a former version, or it has more to do
        return True

    async def _is_ours(self, execution_id: str) -> bool:
        """Whether it is one of ours, and runs as far as is known."""
        self.check_temporal()
        if execution_id not in self._ours:
            description = await self._describe(execution_id)
            if description is None or description.status is not WorkflowExecutionStatus.RUNNING:
                return False
            self._remember(execution_id)
        return True

    async def cancel(self, execution_id: str) -> bool:
        """Ask a workflow to end. False where there is none of ours."""
        if await self._describe(execution_id) is None:
            return False
        try:
            await self.client.get_workflow_handle(execution_id).cancel()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def terminate(self, execution_id: str, reason: str) -> bool:
        """End a workflow at once. False where none of ours runs."""
        description = await self._describe(execution_id)
        if description is None or description.status is not WorkflowExecutionStatus.RUNNING:
            return False
        # This very one: another may have been started under the id since we looked.
        handle = self.client.get_workflow_handle(execution_id, run_id=description.run_id)
        try:
            await handle.terminate(reason)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended by itself since
                raise
            return False
        return True

    def _remember(self, execution_id: str) -> None:
        self._ours[execution_id] = None
        if len(self._ours) > MOST_REMEMBERED:
            del self._ours[next(iter(self._ours))]

    async def _open_on(self, queue: str) -> set[str]:
        self.check_temporal()
        return {run.id async for run in self.client.list_workflows(_OPEN.format(queue=queue))}

    async def _describe(self, execution_id: str) -> WorkflowExecutionDescription | None:
        self.check_temporal()
        try:
            description = await self.client.get_workflow_handle(execution_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        is_ours = description.workflow_type == WORKFLOW and description.task_queue in {self.queue, SHARED_TASK_QUEUE}
        return description if is_ours else None
