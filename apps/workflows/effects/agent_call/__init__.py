"""One run of an agent, started and waited for: call.py says what crosses, runs.py knows the database."""

from __future__ import annotations

from typing import Final

from apps.workflows.effects.agent_call.call import AgentCall, AgentReply
from apps.workflows.effects.base import Desk, Errand

__all__ = ["EFFECT", "AgentCall", "AgentReply"]


def perform(call: AgentCall, desk: Desk) -> AgentReply | None:
    from apps.workflows.effects.agent_call import runs

    return runs.start(call, desk.secrets, desk.task_token)


def cancel(call: AgentCall) -> None:
    from apps.workflows.effects.agent_call import runs

    runs.cancel(call)


EFFECT: Final = Errand(
    activity="run_agent",
    call=AgentCall,
    reply=AgentReply,
    perform=perform,
    cancel_activity="cancel_agent",
    cancel=cancel,
)
