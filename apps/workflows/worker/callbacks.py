"""Runs that Temporal waits for through a task token: heartbeats while they work, their result when they have ended.

Tokens come from our own AGENT_CALL and RUN, and from whoever else starts runs with one.
"""

from __future__ import annotations

import logging
import time

from temporalio.client import AsyncActivityCancelledError, AsyncActivityHandle, Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from apps.resources.caller import SYSTEM
from apps.resources.errors import NotFound
from apps.resources.executions import actions, reading
from apps.resources.executions.callbacks import note_told, runs_waited_for
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, Phase
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import EXECUTION_KINDS
from apps.resources.run_errors import IllegalTransition
from apps.resources.wire.json_form import to_json
from apps.workflows.effects.agent_call import runs as agent_runs
from apps.workflows.effects.base import Reply
from apps.workflows.effects.children import WORKFLOW_LABEL
from apps.workflows.effects.workflow_run import runs as workflow_runs
from apps.workflows.values import Json
from apps.workflows.worker import plans
from apps.workflows.worker.own_workflows import OwnWorkflows
from apps.workflows.worker.process_state import Host
from apps.workflows.worker.threads import in_thread

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
MOST_AT_ONCE = 1000
GONE = frozenset({RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT})
"""What Temporal says of a token that nobody waits for any more, or that is none of its own."""


class Callbacks:
    def __init__(self, workflows: OwnWorkflows, host: Host) -> None:
        self.check_temporal, self.host = workflows.check_temporal, host
        self.client = client = workflows.client
        self.plain_client = Client(client.service_client, namespace=client.namespace)
        self._beaten: dict[str, float] = {}

    async def look(self) -> None:
        """One pass over every run that somebody waits for. Raises EngineUnavailable."""
        self.check_temporal()
        for kind, row in await in_thread(_waited_for):
            await self._tell(kind, row)

    async def _tell(self, kind: ExecutionKind, row: Execution) -> None:
        has_ended = Phase(row.phase).is_terminal
        if not has_ended and not self._is_due(row):
            return
        handle = self.client.get_async_activity_handle(task_token=bytes(row.callback_token))
        try:
            if has_ended:
                await self._complete(kind, row, handle)
            else:
                self._beaten[row.pk] = time.monotonic()
                await handle.heartbeat()
                return
        except AsyncActivityCancelledError:
            await in_thread(lambda: _cancel(kind, row.pk))
            return
        except RPCError as error:
            if error.status not in GONE:
                logger.warning("%s %s: could not tell who waits for it: %s", kind.name, row.pk, error)
                return
            logger.info("%s %s: nobody waits for it any more", kind.name, row.pk)
            if not has_ended:
                await in_thread(lambda: _cancel(kind, row.pk))
        self._beaten.pop(row.pk, None)
        self.host.committer.submit(lambda: note_told(kind, row.pk, bytes(row.callback_token)))

    def _is_due(self, row: Execution) -> bool:
        """Whether it is time to say that a run of ours lives. Tokens of others may be of another Temporal."""
        is_ours = WORKFLOW_LABEL in row.labels
        return is_ours and time.monotonic() - self._beaten.get(row.pk, 0.0) >= HEARTBEAT_SECONDS

    async def _complete(self, kind: ExecutionKind, row: Execution, handle: AsyncActivityHandle) -> None:
        caller = row.labels.get(WORKFLOW_LABEL)
        if caller:
            await handle.complete(await in_thread(lambda: _reply(row, caller)))
            return
        # Somebody else's activity: it knows nothing of our encryption.
        handle = self.plain_client.get_async_activity_handle(task_token=bytes(row.callback_token))
        phase = Phase(row.phase)
        if phase is Phase.COMPLETED:
            await handle.complete(await in_thread(lambda: _result(kind, row)))
        elif phase is Phase.CANCELLED:
            await handle.report_cancellation(row.error)
        else:
            await handle.fail(ApplicationError(row.error, type=kind.name, non_retryable=True))


def _waited_for() -> list[tuple[ExecutionKind, Execution]]:
    found: list[tuple[ExecutionKind, Execution]] = []
    for kind in EXECUTION_KINDS:
        found += [(kind, row) for row in runs_waited_for(kind, MOST_AT_ONCE)]
    return found


def _reply(row: Execution, caller: str) -> Reply:
    """Of a run that a task of `caller` has started."""
    reply: Reply
    if isinstance(row, AgentExecution):
        reply = agent_runs.reply_of(row)
    elif isinstance(row, WorkflowExecution):
        reply = workflow_runs.reply_of(row)
    else:
        raise TypeError(type(row).__name__)
    return reply.closed(plans.secrets_of(caller))


def _result(kind: ExecutionKind, row: Execution) -> dict[str, Json]:
    """The result for activities of others: that of our own calls, or the workflow's output."""
    if isinstance(row, AgentExecution):
        return agent_runs.answer_of(row)
    envelope, _ = reading.current(kind, row.pk, SYSTEM)
    return {"workflow_execution_id": row.pk, "output": to_json(envelope.status.output)}


def _cancel(kind: ExecutionKind, execution_id: str) -> None:
    try:
        actions.request_cancel(kind, execution_id, "the workflow no longer waits for it", SYSTEM)
    except (IllegalTransition, NotFound):
        logger.debug("%s %s has ended by itself", kind.name, execution_id)
