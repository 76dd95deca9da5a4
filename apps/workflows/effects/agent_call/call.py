"""What is asked of an agent, and what it answers."""

# No `from __future__ import annotations`: Temporal asks for the types of fields with each payload that it reads, and
# would compile each from its text.

from dataclasses import dataclass, field
from typing import Literal

from apps.workflows.effects.base import Call, Reply
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
