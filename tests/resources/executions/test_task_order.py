"""Tasks are told in the order in which they ran, each behind the one that it is in, however their events come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from stigmer_proto.agentic.workflowexecution.v1 import api_pb2

from apps.resources.executions.events import StatusReplaced, TaskChanged
from apps.resources.executions.fold import fold, fold_all
from apps.resources.executions.model import ExecutionEvent

CASES = {
    "a loop": ("-f -after f f[0]/a f[1]/a f after", "f f[0]/a f[1]/a after"),
    "an attempt": ("-t -after t t/try/call t/catch/caught t after", "t t/try/call t/catch/caught after"),
    "one in another": ("-f -z f f[0]/t f[0]/t/try/x f[0]/y f[1]/t z", "f f[0]/t f[0]/t/try/x f[0]/y f[1]/t z"),
    "jumps": ("-a -b -c a c b a#2 b#2", "a c b a#2 b#2"),
    "while it runs": ("-a -b -c a f", "a f b c"),
    "left out": ("-a -b -c a c -b", "a c b"),
    "further attempts": ("-a -b a -a~attempt2 a~attempt2 b", "a a~attempt2 b"),
    "waiting for one": ("-a -b a -a~attempt2", "a a~attempt2 b"),
    "names that begin alike": ("-a -ab -a-b a ab a-b", "a ab a-b"),
}


def rows(told: str) -> list[ExecutionEvent]:
    """`-a`: that task is pending; `a`: it has begun."""
    return [row(event(word), number) for number, word in enumerate(told.split(), start=1)]


def event(word: str) -> TaskChanged:
    path, _, attempt = word.removeprefix("-").partition("~attempt")
    metadata = {"path": f"/{path}", "attempt": int(attempt or 1)}
    status = "PENDING" if word.startswith("-") else "IN_PROGRESS"
    return TaskChanged(f"/{word.removeprefix('-')}", status=status, metadata=metadata)


def row(told: TaskChanged | StatusReplaced, number: int) -> ExecutionEvent:
    data = told.as_data()
    return ExecutionEvent(execution_id="wex", number=number, type=told.type, data=data, at=datetime.now(UTC))


@pytest.mark.parametrize(("told", "order"), CASES.values(), ids=CASES)
def test_tasks_stand_in_the_order_in_which_they_ran(told: str, order: str) -> None:
    at_once, one_by_one = api_pb2.WorkflowExecutionStatus(), api_pb2.WorkflowExecutionStatus()
    fold_all(at_once, rows(told))
    for each in rows(told):
        fold(one_by_one, each)
    assert [task.task_id.removeprefix("/") for task in at_once.tasks] == order.split()
    assert [task.task_id for task in one_by_one.tasks] == [task.task_id for task in at_once.tasks]


def test_what_a_runner_elsewhere_reports_stays_as_it_came() -> None:
    tasks = [{"task_id": name, "status": "WORKFLOW_TASK_PENDING"} for name in "cab"]
    status = api_pb2.WorkflowExecutionStatus()
    fold_all(status, [row(StatusReplaced({"tasks": tasks}), 1)])
    assert [task.task_id for task in status.tasks] == ["c", "a", "b"]
