"""Which tools agents have seen and accepted: the ToolSets of the machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db.models import Q

from apps.agents.models import (
    accept_deployed,
    find_seen_tools,
    is_seen,
    remember_tools,
    tools_seen_of,
    waiting_tools,
)
from apps.agents.project_files import fingerprint
from apps.agents.runtime.placed_servers import lives_in
from apps.agents.tool_difference import difference
from apps.resources.base import Resource
from apps.resources.json_value import Json
from apps.resources.models import Agent, McpServer
from apps.resources.ports import ChangedTools
from apps.resources.project import Project

TYPES = ("stdio", "http", "docker")


class AgentToolSets:
    """See ports.ToolSets."""

    def changed(self, agent_id: str) -> list[ChangedTools]:
        return [
            ChangedTools(seen.server, offered["digest"], difference(seen.known, offered["tools"]))
            for seen in waiting_tools(agent_id)
            if (offered := seen.offered) is not None
        ]

    def accept(self, agent_id: str, server: str) -> None:
        seen = find_seen_tools(agent_id, server)
        if seen is not None and seen.offered is not None:
            remember_tools(agent_id, server, definition=seen.definition, offered=seen.offered)

    def deployed(self, project: Project, rows: Sequence[Resource]) -> None:
        of_project = Q()
        for agent_id, server in _servers_in(project, rows):
            of_project |= Q(agent_id=agent_id, server=server)
        if of_project and is_seen(of_project):
            accept_deployed(of_project, fingerprint(Path(project.root)))


def _servers_in(project: Project, rows: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """(agent, server) of the servers among `rows` that start from files of the project."""
    for row in rows:
        spec = row.spec or {}
        if isinstance(row, Agent):
            yield from ((row.pk, each["name"]) for each in spec.get("mcp_servers", []) if lives_in(each, project))
        elif isinstance(row, McpServer) and lives_in(spec, project):
            seen = tools_seen_of(row.slug)
            yield from ((each.agent_id, row.slug) for each in seen if _uses(each.agent, row))


def _uses(agent: Agent, server: McpServer) -> bool:
    """Whether an agent has the stored server of this name, and not one of its own that is called the same."""
    definitions: list[Json] = (agent.spec or {}).get("mcp_servers", [])
    named = (each for each in definitions if each.get("name") == server.slug)
    return agent.org == server.org and any(not any(how in each for how in TYPES) for each in named)
