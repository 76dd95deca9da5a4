"""What this version can run, and refusing the rest before anything has happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from apps.agents.runtime.errors import RunFailed
from apps.resources.json_value import Json

SCRIPTED: Final = "scripted"


def refuse_what_cannot_run(spec: dict[str, Json]) -> None:
    """Raise RunFailed naming everything in an agent's spec that would otherwise be left out silently."""
    missing = []
    if names := [helper.get("name", "") for helper in spec.get("sub_agents", [])]:
        missing.append(f"sub-agents ({', '.join(names)})")
    if names := [skill.get("slug", "") for skill in spec.get("skill_refs", [])]:
        missing.append(f"skills ({', '.join(names)})")
    if names := [server.get("name", "") for server in spec.get("mcp_servers", []) if "docker" in server]:
        missing.append(f"MCP servers in containers ({', '.join(names)})")
    if missing:
        raise RunFailed(
            f"this version cannot run agents with {' and '.join(missing)}",
            hint="Take them out of the agent, or wait for a version that can",
        )


def refuse_what_acts_here(servers: Sequence[Json], provider: str) -> None:
    """On a machine that runs agents of many people: raise RunFailed for what would run, or read, on that machine."""
    if names := [server.get("name", "") for server in servers if "stdio" in server]:
        raise RunFailed(
            f"this server starts no programs of its users, and these MCP servers are some: {', '.join(names)}",
            hint="Use servers that are reached over HTTP, or run the agent on your own machine",
        )
    if provider == SCRIPTED:
        raise RunFailed("this server reads no files for its users, and a scripted model is one", hint="Name a model")
