"""Agents: what is written and what is deployed."""

from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from stigmer import Agent, DefinitionError, EnvVar, McpServer, Port, SubAgent, Volume, skill
from stigmer_proto.agentic.agent.v1 import spec_pb2
from stigmer_proto.agentic.environment.v1 import spec_pb2 as environment_spec_pb2
from stigmer_proto.commons.apiresource import io_pb2, metadata_pb2

from .messages import as_dict, assert_valid, set_fields, spec_of

RULES = "Review code and suggest improvements."
# What the server and the command line say, not the program.
NOT_OURS = {"ApiResourceMetadata.id", "ApiResourceMetadata.org", "ApiResourceMetadata.version"}


def full_agent() -> Agent:
    """An agent that says everything there is to say."""
    github = McpServer.stdio(
        "github",
        "npx",
        args=["-y", "@modelcontextprotocol/server-github"],
        env=["GITHUB_TOKEN"],
        working_dir="/app",
        enabled_tools=["create_issue", "list_repos"],
    )
    api = McpServer.http(
        "api",
        "https://mcp.example.com",
        headers={"Authorization": "Bearer ${API_TOKEN}"},
        query={"region": "${AWS_REGION}"},
        timeout_seconds=60,
    )
    custom = McpServer.docker(
        "custom",
        "ghcr.io/acme/mcp:latest",
        args=["--verbose"],
        env={"DATABASE_URL": "${DATABASE_URL}"},
        volumes=[Volume("/host/config", "/etc/mcp", read_only=True)],
        ports=[Port(8080, 80), Port(5353, 53, protocol="udp")],
        network="mcp-network",
        container_name="custom-mcp",
    )
    return Agent(
        "Code Reviewer",
        instructions=RULES,
        description="Reviews.",
        icon_url="https://example.com/icon.png",
        skills=[
            "style",
            skill("security", scope="platform", version="v2.0"),
            skill("guidelines", org="acme", version="latest"),
        ],
        mcp_servers=[github, api, custom],
        sub_agents=[
            SubAgent(
                "triage",
                instructions=RULES,
                description="Sorts.",
                mcp_servers=[github, "api"],
                tools={"github": ["list_repos"]},
                skills=[skill("labels")],
            )
        ],
        env=[
            "LOG_LEVEL",
            EnvVar("AWS_REGION", default="us-east-1", description="Where."),
            EnvVar("GITHUB_TOKEN", secret=True),
        ],
        env_description="What it needs.",
        labels={"team": "core"},
        annotations={"example.com/note": "x"},
        tags=["review", "code"],
    )


def test_everything_is_deployed_as_written() -> None:
    assert as_dict(full_agent().to_message()) == {
        "api_version": "agentic.stigmer.ai/v1",
        "kind": "Agent",
        "metadata": {
            "name": "Code Reviewer",
            "slug": "code-reviewer",
            "owner_scope": "organization",
            "labels": {"team": "core"},
            "annotations": {"example.com/note": "x"},
            "tags": ["review", "code"],
        },
        "spec": {
            "description": "Reviews.",
            "icon_url": "https://example.com/icon.png",
            "instructions": RULES,
            "mcp_servers": [
                {
                    "name": "github",
                    "stdio": {
                        "command": "npx",
                        "args": ["-y", "@modelcontextprotocol/server-github"],
                        "env_placeholders": {"GITHUB_TOKEN": "${GITHUB_TOKEN}"},
                        "working_dir": "/app",
                    },
                    "enabled_tools": ["create_issue", "list_repos"],
                },
                {
                    "name": "api",
                    "http": {
                        "url": "https://mcp.example.com",
                        "headers": {"Authorization": "Bearer ${API_TOKEN}"},
                        "query_params": {"region": "${AWS_REGION}"},
                        "timeout_seconds": 60,
                    },
                },
                {
                    "name": "custom",
                    "docker": {
                        "image": "ghcr.io/acme/mcp:latest",
                        "args": ["--verbose"],
                        "env_placeholders": {"DATABASE_URL": "${DATABASE_URL}"},
                        "volumes": [{"host_path": "/host/config", "container_path": "/etc/mcp", "read_only": True}],
                        "network": "mcp-network",
                        "ports": [
                            {"host_port": 8080, "container_port": 80, "protocol": "tcp"},
                            {"host_port": 5353, "container_port": 53, "protocol": "udp"},
                        ],
                        "container_name": "custom-mcp",
                    },
                },
            ],
            "skill_refs": [
                {"kind": "skill", "slug": "style"},
                {"scope": "platform", "kind": "skill", "slug": "security", "version": "v2.0"},
                {"scope": "organization", "org": "acme", "kind": "skill", "slug": "guidelines", "version": "latest"},
            ],
            "sub_agents": [
                {
                    "name": "triage",
                    "description": "Sorts.",
                    "instructions": RULES,
                    "mcp_servers": ["github", "api"],
                    "mcp_tool_selections": {"github": {"enabled_tools": ["list_repos"]}},
                    "skill_refs": [{"kind": "skill", "slug": "labels"}],
                }
            ],
            "env_spec": {
                "description": "What it needs.",
                "data": {
                    "LOG_LEVEL": {},
                    "AWS_REGION": {"value": "us-east-1", "description": "Where."},
                    "GITHUB_TOKEN": {"is_secret": True},
                },
            },
        },
    }


def test_it_keeps_the_rules_of_the_contract() -> None:
    assert_valid(full_agent().to_message())


def test_the_sdk_can_say_every_field_of_an_agent() -> None:
    said = set(set_fields(full_agent().to_message()))
    modules: list[Any] = [spec_pb2, environment_spec_pb2]
    messages = [m for module in modules for m in module.DESCRIPTOR.message_types_by_name.values()]
    messages += [io_pb2.ApiResourceReference.DESCRIPTOR, metadata_pb2.ApiResourceMetadata.DESCRIPTOR]
    fields = {field.full_name: f"{m.name}.{field.name}" for m in messages for field in m.fields}
    assert [short for full, short in fields.items() if full not in said and short not in NOT_OURS] == []


def test_a_small_agent_says_nothing_it_need_not() -> None:
    agent = Agent("code-reviewer", instructions=RULES)
    assert spec_of(agent) == {"instructions": RULES}
    assert (agent.name, agent.slug) == ("code-reviewer", "code-reviewer")


def test_skills_of_one_name_in_two_places() -> None:
    agent = Agent("x", instructions=RULES, skills=[skill("style", scope="platform"), skill("style", org="acme")])
    assert [ref.get("org") for ref in spec_of(agent)["skill_refs"]] == [None, "acme"]


def test_an_agent_of_the_platform() -> None:
    message = Agent("helper", instructions=RULES, scope="platform", slug="the-helper").to_message()
    assert as_dict(message)["metadata"] == {"name": "helper", "slug": "the-helper", "owner_scope": "platform"}
    assert_valid(message)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Code Reviewer", "code-reviewer"),
        ("  Ünïcode & Co. -- 2  ", "ncode-co-2"),
        ("UPPER_case", "uppercase"),
        ("a" * 63, "a" * 63),
    ],
)
def test_the_slug_comes_from_the_name(name: str, slug: str) -> None:
    assert Agent(name, instructions=RULES).slug == slug


def test_texts_of_an_enum_are_its_values() -> None:
    class Team(StrEnum):
        CORE = "core-team"

    agent = Agent(Team.CORE, instructions=RULES, labels={"team": Team.CORE})
    assert (agent.name, agent.slug) == ("core-team", "core-team")
    assert as_dict(agent.to_message())["metadata"]["labels"] == {"team": "core-team"}


def test_the_indentation_of_instructions_goes() -> None:
    agent = Agent(
        "x",
        instructions="""
            You review code.

              - Be kind.
            """,
    )
    assert spec_of(agent)["instructions"] == "You review code.\n\n  - Be kind."


def test_instructions_come_from_a_file_beside_the_program(tmp_path: Path) -> None:
    (tmp_path / "prompt.md").write_text("  Ünchanged text.\n", encoding="utf-8")
    source = "from pathlib import Path\nfrom stigmer import Agent\nAgent('x', instructions=Path('prompt.md'))\n"
    names: dict[str, Any] = {}
    exec(compile(f"{source}made = Agent('y', instructions=Path('prompt.md'))", tmp_path / "main.py", "exec"), names)
    assert spec_of(names["made"])["instructions"] == "  Ünchanged text.\n"


def test_a_missing_file_of_instructions_is_an_error() -> None:
    with pytest.raises(DefinitionError, match=r"instructions cannot be read from .*nowhere\.md: No such file"):
        Agent("x", instructions=Path("nowhere.md"))


def test_a_model_is_an_annotation() -> None:
    agent = Agent("Bot", instructions="You are a helpful bot.", model="openai:gpt-5-mini", annotations={"team": "ops"})
    assert agent.to_dict()["metadata"]["annotations"] == {"team": "ops", "stigmer.ai/model": "openai:gpt-5-mini"}


def test_a_model_given_twice_is_refused() -> None:
    with pytest.raises(DefinitionError, match="is given twice"):
        Agent("Bot", instructions="You are a helpful bot.", model="a:b", annotations={"stigmer.ai/model": "c:d"})
