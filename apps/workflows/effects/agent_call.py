"""One run of an agent, started and waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from apps.workflows.effects.base import Call, Desk, Errand, Reply
from apps.workflows.values import Json

AgentReason = Literal["failed", "timeout", "not_found", "cancelled"]
"""Why the agent did not answer."""


@dataclass(frozen=True, kw_only=True)
class AgentReply(Reply):
    """What an agent answered: {agent_execution_id, response, structured, usage, metadata}; or why it did not."""

    answer: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AgentCall(Call[AgentReply]):
    agent: str
    scope: str
    """`platform`, `organization`, `identity_account`, or empty for the workflow's own."""
    message: str
    env: dict[str, str]
    model: str = ""
    temperature: float | None = None


def perform(call: AgentCall, desk: Desk) -> AgentReply | None:
    from apps.workflows.effects import agent_runs

    return agent_runs.start(call, desk.secrets, desk.task_token)


def cancel(call: AgentCall) -> None:
    from apps.workflows.effects import agent_runs

    agent_runs.cancel(call, "the workflow no longer waits for it")


EFFECT: Final = Errand(
    activity="run_agent",
    call=AgentCall,
    reply=AgentReply,
    perform=perform,
    cancel_activity="cancel_agent",
    cancel=cancel,
)
