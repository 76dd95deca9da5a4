"""MCP servers that an agent names and that are stored apart from it, as definitions of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from apps.agents.runtime.errors import RunFailed
from apps.resources.base import Resource
from apps.resources.executions.variables import stored_servers
from apps.resources.json_value import Json
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.permission.callers import on_behalf_of
from apps.resources.project import Project
from apps.resources.storage.inventory import projects_of

HOW_REACHED = ("stdio", "http", "docker")


class ToolServer(NamedTuple):
    """One server of an agent. `definition` is what it is known by; `project` owns what defines it, if one does."""

    definition: Json
    project: Project | None = None


def with_stored(agent: Resource, run: AgentExecution) -> Sequence[ToolServer]:
    """The agent's servers, each name without a server type replaced by what is stored under it now.

    Raises RunFailed for one that is gone, and for a tool that the agent enables and the stored server does not.
    """
    stored = stored_servers(agent, run.org, on_behalf_of(run.created_by, run.org))
    definitions: list[Json] = (agent.spec or {}).get("mcp_servers", [])
    owners = [agent if is_inline(each) else stored.get(each.get("name", "")) for each in definitions]
    projects = projects_of([owner.pk for owner in owners if owner is not None])
    return [
        ToolServer(_definition(each, stored), projects.get(owner.pk) if owner is not None else None)
        for each, owner in zip(definitions, owners, strict=True)
    ]


def is_inline(definition: Json) -> bool:
    """Whether an agent defines a server itself; else it is the stored one of that name."""
    return any(how in definition for how in HOW_REACHED)


def _definition(definition: Json, stored: dict[str, Json]) -> Json:
    if is_inline(definition):
        return definition
    name = definition.get("name", "")
    server = stored.get(name)
    if server is None:
        raise RunFailed(
            f"McpServer {name!r}, whose tools the agent uses, does not exist",
            hint="Create it again, or take it out of the agent",
        )
    spec = server.spec or {}
    declared = (spec.get("env_spec") or {}).get("data") or {}
    reached = {how: dict(spec[how]) for how in HOW_REACHED if how in spec}
    for how in {"stdio", "docker"} & reached.keys():
        # A server's program gets the variables that it declares; placeholders find them.
        reached[how]["env_placeholders"] = {variable: f"${{{variable}}}" for variable in declared}
    secrets = [variable for variable, said in declared.items() if said.get("is_secret")]
    return {"name": name, **reached, "enabled_tools": _enabled(name, definition, spec), "secrets": secrets}


def _enabled(name: str, definition: Json, spec: Json) -> list[str]:
    """The tools that an agent may use: those it enables among those that the stored server does, if either says so."""
    wanted: list[str] = definition.get("enabled_tools", [])
    offered: list[str] = spec.get("default_enabled_tools", [])
    beyond = [tool for tool in wanted if offered and tool not in offered]
    if beyond:
        raise RunFailed(
            f"McpServer {name!r} does not enable the tool {beyond[0]!r}, which the agent enables",
            hint=f"It enables: {', '.join(offered)}",
        )
    return wanted or offered
