"""Agents: what every kind promises, and their own."""

from __future__ import annotations

import grpc
import pytest

from apps.resources.json_value import Json
from tests.factories import AGENT_SPEC, make_agent
from tests.suites.asking import refusal
from tests.suites.client import Api, KindApi, unique
from tests.suites.default_instances import DefaultInstanceSuite
from tests.suites.ordinary_suite import OrdinarySuite


class TestAgent(DefaultInstanceSuite, OrdinarySuite):
    kind = "Agent"
    instance_kind = "AgentInstance"
    parent_field = "agent_id"
    good_spec = AGENT_SPEC
    bad_specs = {
        "spec.instructions": {"instructions": "too short"},
        "spec.mcp_servers[0].name": {"mcp_servers": [{"stdio": {"command": "npx"}}]},
        "spec.mcp_servers[1].stdio.command": {
            "mcp_servers": [{"name": "good", "http": {"url": "http://localhost"}}, {"name": "bad", "stdio": {}}]
        },
        "spec.mcp_servers[0].docker.ports[0].host_port": {
            "mcp_servers": [{"name": "box", "docker": {"image": "alpine", "ports": [{"container_port": 80}]}}]
        },
        "spec.skill_refs[0]": {"skill_refs": [{"slug": "reading", "kind": "agent"}]},
        "spec.sub_agents[0].instructions": {"sub_agents": [{"name": "helper", "instructions": "short"}]},
        "spec.sub_agents[2].name": {
            "sub_agents": [{"name": name, "instructions": "Help with orders."} for name in ("one", "two", "one")]
        },
        "spec.mcp_servers[1].name": {"mcp_servers": [{"name": "shop", "http": {"url": "http://localhost"}}] * 2},
    }

    def test_everything_a_spec_can_say_comes_back(self, kinds: KindApi) -> None:
        wanted = kinds.envelope(FULL_SPEC, name=unique("full"))
        made = kinds.create(wanted)
        assert made.spec == wanted.spec
        assert kinds.get(made.metadata.id).spec == wanted.spec

    def test_a_spec_is_optional(self, kinds: KindApi) -> None:
        made = kinds.create(kinds.envelope(None, name=unique("bare")))
        assert not made.HasField("spec")
        assert kinds.apply(kinds.envelope(None, name=made.metadata.name)) == made

    @pytest.mark.parametrize("scope", ["api_resource_owner_scope_unspecified", "identity_account"])
    def test_it_belongs_to_the_platform_or_an_organization(self, kinds: KindApi, scope: str) -> None:
        refused = refusal(kinds, "create", self.envelope(kinds, owner_scope=scope))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata"})
        assert "platform" in refused.violations["metadata"]

    def test_two_hundred_bad_fields_are_named_at_once(self, kinds: KindApi) -> None:
        servers = [{"name": f"server-{number}", "stdio": {}} for number in range(200)]
        refused = refusal(kinds, "create", kinds.envelope({**AGENT_SPEC, "mcp_servers": servers}, name=unique("bad")))
        assert set(refused.violations) == {f"spec.mcp_servers[{number}].stdio.command" for number in range(200)}

    def test_one_name_in_an_organization_and_on_the_platform_is_two_agents(self, api: Api, kinds: KindApi) -> None:
        own = make_agent(api)
        shared = make_agent(api, own.metadata.name, owner_scope="platform", org="local")
        assert (shared.metadata.org, shared.metadata.slug) == ("", own.metadata.slug)
        slug = own.metadata.slug
        assert kinds.find(slug) == own
        assert kinds.find(slug, org="local") == own
        assert kinds.find(slug, scope="platform") == shared
        kinds.delete(own.metadata.id)
        assert kinds.find(slug) == shared
        assert kinds.find(slug, org="local") == shared

    @pytest.mark.parametrize("verb", ["create", "apply"])
    def test_the_id_of_one_is_refused_for_its_namesake_in_another_scope(self, kinds: KindApi, verb: str) -> None:
        own = make_agent(kinds.api)
        twin = kinds.envelope(AGENT_SPEC, name=own.metadata.name, id=own.metadata.id, owner_scope="platform")
        refused = refusal(kinds, verb, twin)
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata.id"})
        assert kinds.get(own.metadata.id) == own


FULL_SPEC: dict[str, Json] = {
    "description": "Answers customers.",
    "icon_url": "https://example.com/icon.png",
    "instructions": "Answer questions about orders.",
    "mcp_servers": [
        {
            "name": "tickets",
            "stdio": {"command": "npx", "args": ["-y", "tickets"], "env_placeholders": {"A": "${A}"}},
            "enabled_tools": ["search"],
        },
        {"name": "shop", "http": {"url": "https://example.com", "headers": {"X": "y"}, "timeout_seconds": 9}},
        {
            "name": "box",
            "docker": {
                "image": "alpine",
                "volumes": [{"host_path": "/a", "container_path": "/b", "read_only": True}],
                "ports": [{"host_port": 80, "container_port": 8080, "protocol": "tcp"}],
                "network": "host",
            },
        },
    ],
    "skill_refs": [{"slug": "reading", "kind": "skill", "scope": "platform", "version": "latest"}],
    "sub_agents": [
        {
            "name": "refunds",
            "instructions": "Handle refunds politely.",
            "mcp_servers": ["shop"],
            "mcp_tool_selections": {"shop": {"enabled_tools": ["refund"]}},
        }
    ],
    "env_spec": {"description": "Where the shop is.", "data": {"SHOP": {"value": "eu", "description": "region"}}},
}
