"""What was sent to the run of a call, as the tables have it."""

from __future__ import annotations

from dataclasses import replace

from apps.resources.executions import signals
from apps.workflows.effects.base import WAITING
from apps.workflows.effects.listen.call import ListenCall, ListenReply
from apps.workflows.secrets import RunSecrets

NOTHING = ListenReply(reason=WAITING)


def look(call: ListenCall, secrets: RunSecrets) -> ListenReply:
    """Take what the task waits for, if it is there, and answer what is asked of it meanwhile."""
    run = call.execution_id
    if call.queries:
        signals.answer_queries(run, call.path, call.queries, secrets.masker.value(call.data))
    taken = signals.take(
        run, call.path, call.signals, all_of_them=call.waits_for_all, output=call.output_of, masker=secrets.masker
    )
    return ListenReply(output=taken.output) if taken else replace(NOTHING, seen=signals.last_number(run))


def give_back(call: ListenCall) -> None:
    """What was taken for a task of which the run will never know."""
    signals.give_back(call.execution_id, call.path)
