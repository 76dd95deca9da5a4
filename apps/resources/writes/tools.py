"""Accepting the tools of an agent's servers: by a person who has seen what changed, or by deploying a project."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.ports import ChangedTools, machine
from apps.resources.registry import AGENT
from apps.resources.storage import lookup
from apps.resources.storage.transaction import repeatable, write_transaction

logger = logging.getLogger(__name__)


@repeatable
def accept_tools(agent_id: str, server: str, caller: Caller, *, digest: str = "") -> ChangedTools:
    """Have an agent use the tools that its server offered last; what was different.

    Raises NotFound, PermissionDenied for a caller who may not edit the agent, and InvalidInput where nothing waits, or
    others than those of `digest`.
    """
    with write_transaction():
        agent = lookup.get_row(AGENT, agent_id, caller)
        if caller.permit is not None:
            caller.permit.change(agent, AGENT, None)
        changed = machine().tool_sets.changed(agent.pk)
        found = next((each for each in changed if each.server == server), None)
        if found is None:
            raise InvalidInput.at("server", f"no tools of {server!r} wait to be accepted{_others(changed)}")
        if digest and digest != found.digest:
            raise InvalidInput.at("digest", f"{server!r} has offered other tools meanwhile: look at them again")
        machine().tool_sets.accept(agent.pk, server)
    logger.info("agent %s: tools of %s accepted by %s", agent.slug, server, caller.actor)
    return found


def _others(changed: Sequence[ChangedTools]) -> str:
    return f", but those of {', '.join(repr(each.server) for each in changed)}" if changed else ""
