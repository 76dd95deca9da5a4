"""Noticing that a server's tools are not those that a person has seen.

What a tool says of itself is read by the model, so a changed description can change what an agent does.
The tools of each server of each agent are remembered at first use. Other tools later fail the run until
a person accepts them: by an annotation on the agent that names their digest, or by changing the server's
definition in the agent, which makes it a new server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

import mcp_types as types

from apps.agents.models import find_seen_tools, remember_tools
from apps.agents.runtime.errors import RunFailed
from apps.resources.base import Resource
from apps.resources.json_value import Json
from apps.resources.storage.transaction import write_transaction

SHOWN_DIGITS = 16


def annotation(server: str) -> str:
    return f"stigmer.ai/accepted-tools.{server}"


def check_tools(agent: Resource, definition: Json, tools: Iterable[types.Tool]) -> None:
    """Remember the tools of a server, or compare them with what is remembered. Raises RunFailed when they differ."""
    server = definition.get("name", "")
    digests = {tool.name: _digest(tool.name, tool.description, tool.input_schema) for tool in tools}
    now, asked = _digest(digests), _digest(definition)
    with write_transaction():
        seen = find_seen_tools(agent.pk, server)
        if seen is not None and seen.digest == now and seen.definition == asked:
            return
        accepted = agent.annotations.get(annotation(server), "")
        if seen is None or seen.definition != asked or accepted == now[:SHOWN_DIGITS]:
            remember_tools(agent.pk, server, definition=asked, digest=now, digests=digests)
            return
    raise RunFailed(
        f"the tools of MCP server {server!r} are not those that this agent used before: "
        f"{_difference(seen.digests, digests)}",
        hint=f"Look at them; to accept them, annotate the agent with {annotation(server)}: {now[:SHOWN_DIGITS]}",
    )


def _difference(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    changed = [name for name in now if name in before and before[name] != now[name]]
    parts = {"added": set(now) - set(before), "gone": set(before) - set(now), "changed": changed}
    return "; ".join(f"{word}: {_names(sorted(names))}" for word, names in parts.items() if names)


def _names(names: Sequence[str], most: int = 10) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _digest(*values: Json) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
