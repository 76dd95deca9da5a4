"""What another workflow is given, and what it comes to."""

# No `from __future__ import annotations`: Temporal asks for the types of fields with each payload that it reads, and
# would compile each from its text.

from dataclasses import dataclass, field
from typing import Literal

from apps.workflows.effects.base import Call, Reply
from apps.workflows.values import Json

WorkflowReason = Literal["failed", "timeout", "not_found", "cancelled"]
"""Why it came to nothing."""


@dataclass(frozen=True, kw_only=True)
class WorkflowReply(Reply):
    """The output of a run that has ended well, null where nobody waits for it; or why there is none."""

    workflow_execution_id: str = ""
    output: Json = None


@dataclass(frozen=True, kw_only=True)
class WorkflowCall(Call[WorkflowReply]):
    workflow: str
    """Its slug."""
    input: dict[str, Json] = field(default_factory=dict)
    awaits: bool = True
    """Otherwise it is only started, and goes on whatever becomes of who did."""
