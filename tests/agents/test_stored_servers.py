"""MCP servers that are stored apart from the agents that use them."""

from __future__ import annotations

import json

import grpc
import pytest

from apps.resources.json_value import Json
from tests.agents.agents import COMPLETED, FAILED, Agents, call, results, server, texts
from tests.factories import delete
from tests.suites.client import Envelope, Refused, unique

SECRET = "secret-of-a-stored-server"  # not one of ours


def store(agents: Agents, *, tools: list[str] | None = None, data: Json = None) -> Envelope:
    """A stored server that runs the plain one."""
    servers = agents.api.of("McpServer")
    spec = {"stdio": server()["stdio"], "default_enabled_tools": tools or [], "env_spec": {"data": data or {}}}
    return servers.create(servers.envelope(spec, name=unique("server")))


def test_an_agent_uses_a_stored_server_by_its_name(agents: Agents) -> None:
    declared = {"TOKEN": {"value": SECRET, "is_secret": True}, "REGION": {"value": "eu"}, "LEVEL": {"value": "info"}}
    stored = store(agents, data=declared)
    agent = agents.agent({"name": stored.metadata.slug})
    run = agents.run(agent, {"calls": [call("environment")]}, "Done.", env={"LEVEL": "debug"})
    assert run.status.phase == COMPLETED, run.status.error
    got = json.loads(results(run)[0])
    assert (got["REGION"], got["LEVEL"], got["TOKEN"]) == ("eu", "debug", "********")
    assert SECRET not in str(run)


def test_two_stored_servers_get_their_own_values_of_one_name(agents: Agents) -> None:
    first, second = (store(agents, tools=["environment"], data={"KEY": {"value": key}}) for key in ("1", "2"))
    agent = agents.agent({"name": first.metadata.slug}, {"name": second.metadata.slug})
    names = [f"{each.metadata.slug}_environment" for each in (first, second)]
    run = agents.run(agent, {"calls": [call(name) for name in names]}, "Done.")
    assert run.status.phase == COMPLETED, run.status.error
    assert [json.loads(result)["KEY"] for result in results(run)] == ["1", "2"]


def test_the_agents_tools_narrow_those_of_the_server(agents: Agents) -> None:
    stored = store(agents, tools=["echo", "where"])
    narrowed = agents.agent({"name": stored.metadata.slug, "enabled_tools": ["echo"]})
    run = agents.run(narrowed, {"calls": [call("echo", text="hi"), call("where")]}, "{{last}}")
    assert results(run) == ["hi", ""]
    assert "where" in texts(run)[-1]
    beyond = agents.agent({"name": stored.metadata.slug, "enabled_tools": ["echo", "note"]})
    run = agents.run(beyond, "Never.")
    assert run.status.phase == FAILED
    assert run.status.error == (
        f"McpServer '{stored.metadata.slug}' does not enable the tool 'note', which the agent enables. "
        "It enables: echo, where"
    )


def test_a_secret_of_the_server_without_a_value_is_named(agents: Agents) -> None:
    stored = store(agents, data={"TOKEN": {"is_secret": True}})
    run = agents.run(agents.agent({"name": stored.metadata.slug}), "Never.")
    assert run.status.phase == FAILED
    assert f"MCP server '{stored.metadata.slug}' needs the variable TOKEN, which has no value" in run.status.error
    assert "`--runtime-env secret:TOKEN`" in run.status.error


def test_a_server_that_is_not_stored_is_refused_with_its_place(agents: Agents) -> None:
    with pytest.raises(Refused) as caught:
        agents.agent(server("own"), {"name": "nowhere"})
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.violations == {
        "spec.mcp_servers[1]": "there is no McpServer 'nowhere' in organization 'local' or on the platform"
    }


def test_a_server_that_is_used_is_deleted_by_force_only_and_missed_by_the_run(agents: Agents) -> None:
    stored = store(agents)
    agent = agents.agent({"name": stored.metadata.slug})
    with pytest.raises(Refused, match=f"is used by agent '{agent.metadata.slug}'"):
        delete(agents.api, "McpServer", stored.metadata.id)
    delete(agents.api, "McpServer", stored.metadata.id, force=True)
    run = agents.run(agent, "Never.")
    assert run.status.phase == FAILED
    assert run.status.error == (
        f"McpServer '{stored.metadata.slug}', whose tools the agent uses, does not exist. "
        "Create it again, or take it out of the agent"
    )
