"""Noticing that a server's tools are not those that a person has seen.

What a tool says of itself is read by the model, so a changed description can change what an agent does.
The tools of each server of each agent are remembered at first use. Other tools later fail the run until
a person accepts them, the project that the server is a part of is deployed again, or the server's
definition in the agent changes, which makes it a new server. A deployment accepts what the files of
the project are at that moment: where they change once more before a run, nobody has seen that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mcp_types as types

from apps.agents.models import find_seen_tools, keep_offered, remember_tools
from apps.agents.project_files import fingerprint
from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.placed_servers import lives_in
from apps.agents.runtime.stored_servers import ToolServer
from apps.agents.tool_difference import Tools, difference, names_in_short
from apps.resources.base import Resource
from apps.resources.json_value import Json
from apps.resources.storage.transaction import write_transaction
from apps.shared.masking import Masker


def check_tools(agent: Resource, server: ToolServer, tools: Iterable[types.Tool], masker: Masker) -> None:
    """Remember the tools of a server, or compare them with what is remembered; no secret of the run is.

    Raises RunFailed when they differ, with the difference; they then wait to be accepted.
    """
    name = server.definition.get("name", "")
    offered, asked = _offer(tools, masker), _digest(server.definition)
    with write_transaction():
        seen = find_seen_tools(agent.pk, name)
        if seen is None or seen.definition != asked:
            remember_tools(agent.pk, name, definition=asked, offered=offered)
            return
        if seen.digest == offered["digest"]:
            if seen.tools is None or seen.offered is not None or seen.deployed:
                remember_tools(agent.pk, name, definition=asked, offered=offered)
            return
        if seen.deployed and seen.deployed == _files_of(server):
            remember_tools(agent.pk, name, definition=asked, offered=offered)
            return
        keep_offered(seen, offered)
    raise _changed(agent, server, seen.known, offered["tools"])


def _offer(tools: Iterable[types.Tool], masker: Masker) -> Json:
    """What is kept of them. Masked before the digest: another value of a secret is no other tool."""
    digests: dict[str, Json] = {}
    said: dict[str, Json] = {}
    for tool in tools:
        shown: Any = masker.texts([tool.name, tool.description, tool.input_schema])
        name, description, schema = shown
        digests[name] = _digest(name, description, schema)
        said[name] = {"description": description or "", "schema": schema}
    return {"digest": _digest(digests), "digests": digests, "tools": said}


def _changed(agent: Resource, server: ToolServer, before: Tools, now: Tools) -> RunFailed:
    name = server.definition.get("name", "")
    accept = f"accept them with `stigmer agents accept-tools {agent.slug} --server {name}`"
    if lives_in(server.definition, server.project) and server.project is not None:
        again = f"deploy the project, of which this server is a part, again (`stigmer apply -C {server.project.root}`)"
        accept = f"{again}, or {accept}"
    return RunFailed(
        f"the tools of MCP server {name!r} are not those that this agent used before: {names_in_short(before, now)}",
        hint=f"Look at them; {accept}",
        details=difference(before, now),
    )


def _files_of(server: ToolServer) -> str:
    """How the files of the project stand that the server is started from; "" where it is a part of none."""
    if server.project is None or not lives_in(server.definition, server.project):
        return ""
    return fingerprint(Path(server.project.root))


def _digest(*values: Json) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
