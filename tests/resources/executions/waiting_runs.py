"""Runs that wait for whoever the test says works on them."""

from __future__ import annotations

from apps.resources.caller import LOCAL
from apps.resources.kinds.agent_execution.actions import create_agent_execution
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.wire.codec import draft_from_json

RUN = AGENT_EXECUTION


def start(agent_id: str) -> str:
    """The id of a new run."""
    envelope = {"spec": {"agent_id": agent_id, "message": "Where is my order?"}}
    return create_agent_execution(draft_from_json(RUN, envelope, LOCAL), LOCAL).row.pk
