"""Environments and instances, and servers that are deployed apart from agents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stigmer import (
    Agent,
    AgentInstance,
    DefinitionError,
    Environment,
    McpServerRef,
    SubAgent,
    Workflow,
    WorkflowInstance,
    isolated,
    secret,
)
from stigmer.synthesis import dependencies

from .messages import assert_valid
from .programs import Project

RULES = "Help whoever asks."


def wrong(value: object) -> Any:  # Any: so that what is wrong passes for right
    return value


def test_one_program_has_them_all_and_writes_a_file_each(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "out").mkdir()
    project = Project(tmp_path / "project", tmp_path / "out")
    project.write(
        "main.py",
        """\
from stigmer import Agent, AgentInstance, Environment, Workflow, WorkflowInstance, secret

production = Environment("production", {"REGION": "eu", "TOKEN": secret()})
flow = Workflow("flow")
flow.set("greet", hello="world")
WorkflowInstance("flow in production", flow, environments=[production])
AgentInstance("helper in production", Agent("helper", instructions="Help whoever asks."), environments=[production])
""",
    )
    done = project.run()
    assert (done.code, done.stderr) == (0, "")
    assert project.written() == [
        "agent-0.pb",
        "agent-instance-0.pb",
        "dependencies.json",
        "environment-0.pb",
        "workflow-0.pb",
        "workflow-instance-0.pb",
    ]


def test_messages_follow_the_contract_and_name_others_by_their_slugs() -> None:
    with isolated() as program:
        environment = Environment("Production", {"REGION": "eu", "TOKEN": secret(description="Of the shop.")})
        agent, flow = Agent("helper", instructions=RULES), Workflow("flow")
        instance = AgentInstance("one", agent, environments=[environment, "another"], description="Ours.")
        other = WorkflowInstance("other", flow, environments=["production"])
    message = environment.to_message()
    assert_valid(message)
    assert (message.spec.data["REGION"].value, message.metadata.slug) == ("eu", "production")
    token = message.spec.data["TOKEN"]
    assert (token.value, token.is_secret, token.description) == ("", True, "Of the shop.")
    spec = instance.to_message().spec
    assert (spec.agent_id, [each.slug for each in spec.environment_refs]) == ("helper", ["production", "another"])
    assert other.to_message().spec.workflow_id == "flow"
    assert_valid(other.to_message())
    assert dependencies(program) == {
        "agent-instance:one": ["agent:helper", "environment:production"],
        "workflow-instance:other": ["workflow:flow", "environment:production"],
    }


def test_a_stored_server_is_named_and_narrowed() -> None:
    with isolated():
        orders = McpServerRef("orders", enabled_tools=["find"])
        helper = SubAgent("finder", instructions=RULES, mcp_servers=[orders], tools={"orders": ["find"]})
        agent = Agent("helper", instructions=RULES, mcp_servers=[orders], sub_agents=[helper])
    [server] = agent.to_message().spec.mcp_servers
    assert (server.name, server.WhichOneof("server_type"), list(server.enabled_tools)) == ("orders", None, ["find"])


@pytest.mark.parametrize(
    ("make", "argument", "problem"),
    [
        (
            lambda: Environment("e", wrong({"TOKEN": secret("TOKEN")})),
            "values['TOKEN']",
            "must be secret() without a name",
        ),
        (lambda: Environment("e", {"REGION": ""}), "values['REGION']", "must not be empty"),
        (lambda: Environment("e", {"not a name": "x"}), "a key of values", "must be letters, digits and _"),
        (lambda: Environment("e", wrong(["REGION"])), "values", "must be a dict"),
        (lambda: AgentInstance("i", wrong(Workflow("w"))), "agent", "must be Agent or a slug, not Workflow"),
        (lambda: AgentInstance("i", "No Slug"), "agent", "must be words of a-z"),
        (lambda: AgentInstance("i", "a", environments=wrong("production")), "environments", "must be a list"),
        (lambda: AgentInstance("i", "a", environments=["e", "e"]), "environments", 'has "e" twice'),
        (lambda: WorkflowInstance("i", wrong(None)), "workflow", "must be Workflow or a slug, not None"),
        (lambda: McpServerRef("Not A Slug"), "name", "must be words of a-z"),
        (lambda: wrong(secret)("TOKEN", description="x"), "description", "is for secrets of an Environment"),
    ],
)
def test_what_cannot_be_is_refused_at_the_line_that_made_it(
    make: Callable[[], object], argument: str, problem: str
) -> None:
    with isolated(), pytest.raises(DefinitionError) as caught:
        make()
    assert caught.value.argument == argument
    assert problem in str(caught.value)
    assert str(caught.value).partition("(")[2]
    assert caught.value.place.filename == __file__


def test_a_slug_is_taken_within_a_kind_only() -> None:
    with isolated():
        agent = Agent("same", instructions=RULES)
        AgentInstance("same", agent)
        with pytest.raises(DefinitionError, match='"same" is taken by the agent instance made at'):
            AgentInstance("same", agent)
