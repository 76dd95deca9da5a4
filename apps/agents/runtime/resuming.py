"""Taking up a run that another runner began: what was done stays done, what is unknown is not repeated."""

from __future__ import annotations

from collections.abc import Sequence

from apps.agents.runtime import history
from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.history import Said
from apps.agents.runtime.limits import Budget, Limits
from apps.agents.runtime.recorder import CallRecord, Recorder
from apps.agents.runtime.tools.base import BoundTool
from apps.resources.kinds.agent_execution.model import AgentExecution


def drop_half(said: list[Said], recorder: Recorder) -> None:
    """Take back a message of the model's that had not ended: nothing came of it, and it will be asked again."""
    last = next((index for index in range(len(said) - 1, -1, -1) if said[index].speaker in {"AI", "SYSTEM"}), None)
    if last is not None and not said[last].is_ended:
        recorder.dropped(last)
        del said[last:]


def open_calls(said: Sequence[Said]) -> list[CallRecord]:
    """Calls of the last turn without a result."""
    last = next((each for each in reversed(said) if each.speaker == "AI"), None)
    return [call for call in last.calls.values() if call.is_open] if last else []


def is_answered(said: Sequence[Said]) -> bool:
    """The model has given its last word: only the verdict is missing."""
    last = next((each for each in reversed(said) if each.speaker in {"AI", "HUMAN"}), None)
    return last is not None and last.speaker == "AI" and last.is_ended and not last.calls


def refuse_unknown_outcomes(calls: Sequence[CallRecord], tools: Sequence[BoundTool]) -> None:
    """Raise RunFailed for a call that was under way and may have had its effect, unless repeating it is harmless."""
    repeatable = {bound.tool.name for bound in tools if bound.is_repeatable}
    for call in calls:
        if call.status == "RUNNING" and call.name not in repeatable:
            raise RunFailed(
                f"the outcome of the call {call.id} of {call.name} is unknown: the runner ended while it was under "
                "way, and its server does not say that it may be repeated",
                hint="Look whether it took effect, then start a new run in the same session",
            )


def budget_of(execution: AgentExecution, said: Sequence[Said], limits: Limits) -> Budget:
    """The limits apply to the run, not to each attempt; the time is that of the work, not that between attempts."""
    budget = Budget(limits)
    budget.started -= execution.worked_seconds
    for each in said:
        budget.turns += each.speaker == "AI"
        budget.tokens += each.tokens
        for call in each.calls.values():
            if not call.is_open:
                budget.count(call.name, history.request_of(call).arguments)
    return budget
