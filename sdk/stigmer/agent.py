"""Agents and the sub-agents they delegate to."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from stigmer import checks
from stigmer.environment import Variables, env_spec
from stigmer.errors import DefinitionError, caller
from stigmer.mcp import McpServer
from stigmer.metadata import Metadata, Scope
from stigmer.registry import current
from stigmer.resource import Resource
from stigmer.skill import Skills, skill_refs

if TYPE_CHECKING:
    from stigmer_proto.agentic.agent.v1.api_pb2 import Agent as AgentMessage

MODEL = "stigmer.ai/model"
Instructions = str | os.PathLike[str]


class SubAgent:
    """A helper with instructions of its own that the agent may hand work to.

    `mcp_servers` are servers of the agent, by name or as the same objects; `tools` narrows a server to some of its
    tools, for instance `{"github": ["list_repos"]}`.
    """

    def __init__(
        self,
        name: str,
        *,
        instructions: Instructions,
        description: str = "",
        mcp_servers: Iterable[McpServer | str] = (),
        tools: Mapping[str, Iterable[str]] | None = None,
        skills: Skills = (),
    ) -> None:
        owner = f'SubAgent("{name}")'
        self.place = caller()
        self.owner = owner
        self.name = checks.required(owner, "name", name)
        self.instructions = checks.instructions(owner, instructions)
        self.description = checks.text(owner, "description", description)
        self.mcp_servers = _server_names(owner, mcp_servers)
        self.tools = _selections(owner, tools or {}, self.mcp_servers)
        self._skill_refs = skill_refs(owner, skills)

    def check_within(self, servers: Mapping[str, McpServer]) -> None:
        """Refuse servers and tools that the agent does not have."""
        for name in self.mcp_servers:
            if name not in servers:
                raise DefinitionError(
                    self.owner, "mcp_servers", f'names "{name}", which the agent does not have', self.place
                )
        for name, tools in self.tools.items():
            offered = servers[name].enabled_tools
            missing = [tool for tool in tools if offered and tool not in offered]
            if missing:
                raise DefinitionError(
                    self.owner, f'tools["{name}"]', f'has "{missing[0]}", which the agent does not enable', self.place
                )

    def to_dict(self) -> dict[str, Any]:
        """The fields of a SubAgent message."""
        return {
            "name": self.name,
            "description": self.description,
            "instructions": self.instructions,
            "mcp_servers": self.mcp_servers,
            "mcp_tool_selections": {name: {"enabled_tools": tools} for name, tools in self.tools.items()},
            "skill_refs": self._skill_refs,
        }


class Agent(Resource):
    """An agent to deploy.

    `instructions` are text (the common indentation of a triple-quoted string is removed) or a path, relative to the
    file that calls this. `slug` is made from the name unless given. `scope` is who owns it: the organization
    that deploys it, or the platform. `model` is `provider:model` or `model`, the configured one unless given; the file
    of `scripted:FILE` counts from the directory of Stigmer.yaml.
    """

    kind: ClassVar[str] = "Agent"
    noun: ClassVar[str] = "agent"

    def __init__(
        self,
        name: str,
        *,
        instructions: Instructions,
        model: str = "",
        slug: str | None = None,
        description: str = "",
        icon_url: str = "",
        skills: Skills = (),
        mcp_servers: Iterable[McpServer] = (),
        sub_agents: Iterable[SubAgent] = (),
        env: Variables = (),
        env_description: str = "",
        scope: Scope = "organization",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        owner = f'Agent("{name}")'
        annotations = _with_model(owner, annotations, model)
        super().__init__(
            Metadata(owner, name=name, slug=slug, scope=scope, labels=labels, annotations=annotations, tags=tags)
        )
        servers = checks.instances(owner, "mcp_servers", mcp_servers, McpServer)
        checks.unique(owner, "mcp_servers", (server.name for server in servers))
        helpers = checks.instances(owner, "sub_agents", sub_agents, SubAgent)
        checks.unique(owner, "sub_agents", (helper.name for helper in helpers))
        for helper in helpers:
            helper.check_within({server.name: server for server in servers})
        self._spec: dict[str, Any] = {
            "description": checks.text(owner, "description", description),
            "icon_url": checks.text(owner, "icon_url", icon_url),
            "instructions": checks.instructions(owner, instructions),
            "mcp_servers": [server.to_dict() for server in servers],
            "skill_refs": skill_refs(owner, skills),
            "sub_agents": [helper.to_dict() for helper in helpers],
            "env_spec": env_spec(owner, env, env_description),
        }
        current().add(self)

    def to_dict(self, stamp: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The fields of the message, by their names in the contract."""
        return self.envelope(self._spec, stamp)

    def to_message(self, stamp: Mapping[str, str] | None = None) -> "AgentMessage":
        """The message that is deployed. Imports protobuf."""
        from stigmer_proto.agentic.agent.v1.api_pb2 import Agent as AgentMessage

        return AgentMessage(**self.to_dict(stamp))


def _with_model(owner: str, annotations: Mapping[str, str] | None, model: str) -> Mapping[str, str] | None:
    """The annotations with the model among them, where one is given."""
    if not checks.text(owner, "model", model):
        return annotations
    given = checks.text_map(owner, "annotations", annotations or {})
    if MODEL in given:
        raise DefinitionError(owner, "model", f"is given twice: as an argument and as the annotation {MODEL}")
    return {**given, MODEL: model}


def _server_names(owner: str, servers: object) -> list[str]:
    given = checks.listed(owner, "mcp_servers", servers, "servers of the agent or their names")
    names = checks.texts(owner, "mcp_servers", [s.name if isinstance(s, McpServer) else s for s in given])
    checks.unique(owner, "mcp_servers", names)
    return names


def _selections(owner: str, tools: object, servers: list[str]) -> dict[str, list[str]]:
    found = checks.mapping(owner, "tools", tools)
    for name in found:
        if name not in servers:
            raise DefinitionError(owner, f'tools["{name}"]', "must be one of the sub-agent's mcp_servers")
    return {name: checks.texts(owner, f'tools["{name}"]', selected) for name, selected in found.items()}
