"""What is new in a run since a page last asked: an answer whose cost does not depend on the run's length.

Pages ask once a second instead of holding a stream open: the server has few threads, and one stream
for each open tab would take them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from apps.resources.admin.links import change_url
from apps.resources.admin.live.changes import Change, changes_of
from apps.resources.admin.live.markdown import rendered
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.queries import agent_runs_of, message_events, recorded_events, workflow_runs_of
from apps.resources.executions.retries import retry_name
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.registry import WORKFLOW_EXECUTION as WORKFLOW_RUN

MOST_EVENTS = 500
MOST_CHARACTERS = 400_000
"""Of one answer. What does not fit comes with the next one, at once."""
READ_AT_ONCE = 50
MOST_AGENTS = 200
WAITING = frozenset({"pending", "skipped"})
"""States of tasks that have not begun."""
WORKFLOW_TASK = "stigmer.ai/workflow-task"
WORKFLOW_EXECUTION = "stigmer.ai/workflow-execution"


def news(kind: ExecutionKind, execution_id: str, after: int, caller: Caller) -> dict[str, Any]:
    """`changes` in order, `last` to ask from next time, and whether there is `more` already."""
    found: list[Change] = []
    answers = Answers(kind, execution_id, caller)
    events = recorded_events(kind, execution_id, caller, after=after)[: MOST_EVENTS + 1]
    last, characters, count = after, 0, 0
    for event in events.iterator(chunk_size=READ_AT_ONCE):
        if count >= MOST_EVENTS or characters > MOST_CHARACTERS:
            return {"changes": combined(found), "last": last, "more": True}
        made = [answers.with_markup(change, event.number) for change in changes_of(event)]
        found += made
        characters += sum(len(value) for change in made for value in change.values() if isinstance(value, str))
        last, count = event.number, count + 1
    return {"changes": combined(found), "last": last, "more": False}


class Answers:
    """Adds the markup of an agent's answer to the change that says that it is whole."""

    def __init__(self, kind: ExecutionKind, execution_id: str, caller: Caller) -> None:
        self.kind, self.execution_id, self.caller = kind, execution_id, caller
        self._begun: dict[int, list[str]] = {}

    def with_markup(self, change: Change, number: int) -> Change:
        """`number` is that of its event."""
        if change["type"] == "message" and change["who"] == "ai":
            self._begun[change["index"]] = [change["text"]]
            return {**change, "html": rendered(change["text"])}
        if change["type"] == "text" and change["index"] in self._begun:
            self._begun[change["index"]].append(change["text"])
        if change["type"] == "ended":
            return {**change, "html": rendered(self._whole(change["index"], number))}
        return change

    def _whole(self, index: int, number: int) -> str:
        """The text of a message, most of which a page that looks on has been told before."""
        if index in self._begun:
            return "".join(self._begun.pop(index))
        pieces: list[str] = []
        for event in message_events(self.kind, self.execution_id, index, self.caller, before=number).iterator():
            for change in changes_of(event):
                if change.get("index") == index:
                    pieces = [change["text"]] if change["type"] == "message" else [*pieces, change["text"]]
        return "".join(pieces)


def combined(changes: Iterable[Change]) -> list[Change]:
    """The same in fewer: text that follows text is one; of a task's or a call's states the newest stays, in its place.

    The place of a task is where it began: tasks are shown in the order in which they ran.
    A call that a later `dropped` takes back is shown for no moment: it is sent before that, as it was.
    """
    kept: list[Change] = []
    places: dict[tuple[str, str], int] = {}
    for change in changes:
        before = kept[-1] if kept else None
        if before and change["type"] == before["type"] == "text" and change["index"] == before["index"]:
            kept[-1] = {**before, "text": before["text"] + change["text"]}
        elif change["type"] in {"call", "task"}:
            place = places.get((change["type"], change["id"]), len(kept))
            if place < len(kept) and change["type"] == "task" and _begins(kept[place], change):
                kept[place], place = {}, len(kept)
            places[change["type"], change["id"]] = place
            kept[place : place + 1] = [change]
        else:
            if change["type"] == "dropped":
                places.clear()
            kept.append(change)
    return [change for change in kept if change]


def _begins(before: Change, change: Change) -> bool:
    return before["state"] in WAITING and change["state"] not in WAITING


def agents_of(workflow_execution_id: str, after: str, caller: Caller) -> list[dict[str, str]]:
    """The runs of agents that this run of a workflow has started, by the path of the task that waits for each.

    `after` is the last id known.
    """
    return _started(AGENT_EXECUTION, agent_runs_of(workflow_execution_id, caller), after)


def workflows_of(workflow_execution_id: str, after: str, caller: Caller) -> list[dict[str, str]]:
    """The same of the runs of workflows."""
    rows = workflow_runs_of(workflow_execution_id, caller).exclude(slug=retry_name(workflow_execution_id))
    return _started(WORKFLOW_RUN, rows, after)


def _started(kind: ExecutionKind, rows: QuerySet[Any], after: str) -> list[dict[str, str]]:
    found = rows.filter(pk__gt=after).order_by("pk").values_list("pk", "annotations")[:MOST_AGENTS]
    return [
        {"id": pk, "path": str((annotations or {}).get(WORKFLOW_TASK, "")), "url": change_url(kind, pk)}
        for pk, annotations in found
    ]
