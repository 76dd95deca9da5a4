"""Every run ends: what cannot be stored is made storable, what raises fails its task, who is to be cancelled is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from apps.resources.base import Resource
from apps.resources.caller import LOCAL, SYSTEM
from apps.resources.executions import actions, reading
from apps.resources.executions.events import TaskChanged
from apps.resources.executions.model import ExecutionEvent, Phase
from apps.resources.kinds.workflow_execution.actions import create_workflow_execution
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import BY_NAME, WORKFLOW_EXECUTION
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions as writes
from apps.workflows.effects.base import BROKEN, Act, Desk
from apps.workflows.effects.http_call import HttpCall, HttpReply
from apps.workflows.interpreter.driver import TaskRecord, TaskStatus
from apps.workflows.worker.activities import MOST_ATTEMPTS, Activities
from apps.workflows.worker.contracts import RunEnd
from apps.workflows.worker.group_commit import Committer
from apps.workflows.worker.ledger import OWNER
from apps.workflows.worker.process_state import Host
from apps.workflows.worker.reconciler import CANCEL_SECONDS, Starter
from tests.factories import WORKFLOW_SPEC
from tests.support.databases import both_databases
from tests.support.machines import HandOver, IdleLauncher, launchers

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    committer = Committer()
    committer.start()
    yield Host(committer, tmp_path)
    committer.stop()


@pytest.fixture
def run_id(hand_over: HandOver) -> str:
    """A run that this worker works on."""
    hand_over(launchers=launchers(IdleLauncher(), WORKFLOW_EXECUTION))
    writes.ensure_organization("local", "")
    envelope = {"metadata": {"name": "flow", "owner_scope": "organization"}, "spec": WORKFLOW_SPEC}
    workflow: Resource = writes.create(draft_from_json(BY_NAME["Workflow"], envelope, LOCAL), LOCAL).row
    run = {"spec": {"workflow_id": workflow.pk}}
    created = create_workflow_execution(draft_from_json(WORKFLOW_EXECUTION, run, LOCAL), LOCAL).row.pk
    assert actions.claim(WORKFLOW_EXECUTION, created, OWNER, seconds=60)
    return created


def ended(run_id: str) -> tuple[Phase, str]:
    row = WorkflowExecution.objects.get(pk=run_id)
    return Phase(row.phase), row.error


def test_what_no_database_keeps_is_made_storable(host: Host, run_id: str) -> None:
    recorder = host.recorder(run_id)
    odd = {"half": "a\ud83d", "nul": "a\0b", "k\0": [float("inf"), -float("inf"), float("nan")], "fine": ["é😀", 1.5]}
    recorder.note(TaskRecord("/a", "a", "SET", TaskStatus.COMPLETED, output=odd, error={"detail": "no \ud83d\0"}))
    host.end(RunEnd(run_id, "FAILED", odd, "/a: no \ud83d\0"))
    assert ended(run_id) == (Phase.FAILED, "/a: no \ufffd\ufffd")
    status = reading.current(WORKFLOW_EXECUTION, run_id, SYSTEM)[0].status
    largest = 1.7976931348623157e308
    assert dict(status.output.items())["half"] == "a\ufffd"
    assert list(status.output["k\ufffd"]) == [largest, -largest, None]
    assert (status.tasks[0].output["nul"], status.tasks[0].error) == ("a\ufffdb", "no \ufffd\ufffd")
    assert list(status.tasks[0].output["fine"]) == ["é😀", 1.5]


def test_tasks_are_told_in_the_order_in_which_they_began(host: Host, run_id: str) -> None:
    """Also where all of it is told at once."""
    recorder = host.recorder(run_id)
    told = [("a", "PENDING"), ("b", "PENDING"), ("c", "PENDING"), ("a", "COMPLETED"), ("c", "COMPLETED")]
    for path, status in [
        *told,
        ("a#2", "COMPLETED"),
        ("b", "IN_PROGRESS"),
        ("b[0]/x", "COMPLETED"),
        ("b", "COMPLETED"),
    ]:
        recorder.note(TaskRecord(f"/{path}", path, "SET", TaskStatus(status)))
    host.end(RunEnd(run_id, "COMPLETED", {}))
    tasks = reading.current(WORKFLOW_EXECUTION, run_id, SYSTEM)[0].status.tasks
    assert [task.task_id for task in tasks] == ["/a", "/c", "/a#2", "/b", "/b[0]/x"]


def test_an_end_that_cannot_be_stored_is_a_failure(host: Host, run_id: str) -> None:
    host.end(RunEnd(run_id, "COMPLETED", {"what": object()}))
    assert ended(run_id) == (Phase.FAILED, "its end could not be stored (TypeError)")


def test_a_run_whose_records_cannot_be_read_ends(host: Host, run_id: str) -> None:
    """Written by another version, say."""
    ExecutionEvent.objects.create(
        execution_id=run_id, number=900, type=TaskChanged.type, data={"odd": 1}, at=timezone.now()
    )
    host.end(RunEnd(run_id, "COMPLETED", {"x": 1}))
    assert ended(run_id) == (Phase.FAILED, "its end could not be stored (KeyError)")


@pytest.mark.parametrize(("attempt", "is_last"), [(1, False), (MOST_ATTEMPTS, True)])
def test_what_an_activity_raises_unexpectedly_is_final_after_counted_attempts(
    host: Host, run_id: str, attempt: int, is_last: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def perform(call: HttpCall, desk: Desk) -> HttpReply:
        raise UnicodeError(call.method)

    effect: Act[Any, Any] = Act(activity="odd", call=HttpCall, reply=HttpReply, perform=perform)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt, is_local=True)
    call = HttpCall(path="/a", attempt=1, timeout_seconds=1, method="token", uri="", headers={}, body=None)
    performing = Activities(host)._performing(effect)
    with pytest.raises(ApplicationError, match=r"unexpectedly \(UnicodeError\)") as raised:
        environment.run(performing, replace(call, execution_id=run_id))
    assert (raised.value.type, raised.value.non_retryable) == (BROKEN, is_last)
    assert "in perform" in caplog.text
    assert "token" not in f"{caplog.text} {raised.value}"


class Away:
    """A Temporal that does not answer."""

    def __getattr__(self, name: str) -> Any:  # Any: whatever is asked of it
        async def fail(*_: object) -> None:
            raise RPCError(f"{name}: nobody there", RPCStatusCode.UNAVAILABLE, b"")

        return fail


@pytest.mark.parametrize(("seconds", "phase"), [(CANCEL_SECONDS - 20, 2), (CANCEL_SECONDS + 1, 5)])
def test_a_run_is_cancelled_whatever_its_engine_does(host: Host, run_id: str, seconds: float, phase: int) -> None:
    actions.request_cancel(WORKFLOW_EXECUTION, run_id, "enough", LOCAL)
    asked = timezone.now() - timedelta(seconds=seconds)
    WorkflowExecution.objects.filter(pk=run_id).update(cancel_requested_at=asked)
    away: Any = Away()
    starter = Starter(away, away, host)
    starter._swept_at = time.monotonic()  # not the rest of what it looks after
    with suppress(RPCError):
        asyncio.run(starter.look())
    assert ended(run_id) == (phase, "cancelled: enough" if phase == Phase.CANCELLED else "")
