"""Every error names the argument and the line of the user's program."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from stigmer import (
    Agent,
    DefinitionError,
    EnvVar,
    McpServer,
    Port,
    SubAgent,
    Volume,
    Workflow,
    case,
    otherwise,
    skill,
    update,
)

RULES = "Do what is asked."
# Arguments of types that a type checker would refuse.
WRONG: Any = 7


def sub_agent(**arguments: Any) -> SubAgent:
    return SubAgent("helper", instructions=RULES, **arguments)


def agent(**arguments: Any) -> Agent:
    return Agent("x", **{"instructions": RULES, **arguments})


def workflow() -> Workflow:
    return Workflow("w")


CASES: dict[str, tuple[Callable[[], object], str]] = {
    "short instructions": (
        lambda: agent(instructions="Hi"),
        'Agent("x"): instructions must have at least 10 characters, not 2',
    ),
    "blank instructions": (
        lambda: agent(instructions=" " * 20),
        'Agent("x"): instructions must have at least 10 characters, not 0',
    ),
    "instructions type": (lambda: agent(instructions=7), 'Agent("x"): instructions must be a string, not int'),
    "empty name": (lambda: Agent(" ", instructions=RULES), "name must not be empty"),
    "name type": (lambda: Agent(WRONG, instructions=RULES), "name must be a string, not int"),
    "no slug in name": (lambda: Agent("日本", instructions=RULES), "name makes no slug"),
    "long name": (lambda: Agent("a" * 64, instructions=RULES), "name makes a slug of 64 characters, 63 is the most"),
    "long slug": (lambda: agent(slug="a" * 64), "slug has 64 characters, 63 is the most"),
    "bad slug": (lambda: agent(slug="Not A Slug"), 'slug "Not A Slug" must be words of a-z and 0-9'),
    "slug with outer hyphen": (lambda: agent(slug="a-"), 'slug "a-" must be words'),
    "scope": (lambda: agent(scope="world"), "scope must be one of platform, organization, not 'world'"),
    "labels": (lambda: agent(labels={"a": 1}), "labels['a'] must be a string, not int"),
    "tags as text": (lambda: agent(tags="review"), "tags must be a list of strings, not str"),
    "tag twice": (lambda: agent(tags=["a", "a"]), 'tags has "a" twice'),
    "server type": (lambda: agent(mcp_servers=["github"]), "mcp_servers[0] must be McpServer, not str"),
    "server alone": (lambda: agent(mcp_servers=McpServer.stdio("a", "b")), "mcp_servers must be a list of McpServer"),
    "server twice": (
        lambda: agent(mcp_servers=[McpServer.stdio("a", "b"), McpServer.http("a", "c")]),
        'mcp_servers has "a" twice',
    ),
    "helper twice": (lambda: agent(sub_agents=[sub_agent(), sub_agent()]), 'sub_agents has "helper" twice'),
    "helper's server": (
        lambda: agent(sub_agents=[sub_agent(mcp_servers=["gh"])]),
        'SubAgent("helper"): mcp_servers names "gh", which the agent does not have',
    ),
    "helper's selection": (
        lambda: sub_agent(tools={"gh": ["a"]}),
        'SubAgent("helper"): tools["gh"] must be one of the sub-agent\'s mcp_servers',
    ),
    "helper's tool": (
        lambda: agent(
            mcp_servers=[McpServer.stdio("gh", "b", enabled_tools=["a"])],
            sub_agents=[sub_agent(mcp_servers=["gh"], tools={"gh": ["z"]})],
        ),
        'tools["gh"] has "z", which the agent does not enable',
    ),
    "helper's instructions": (lambda: SubAgent("helper", instructions="Hi"), "instructions must have at least 10"),
    "skill slug": (lambda: agent(skills=["Not A Slug"]), 'skill("Not A Slug"): slug'),
    "skill version": (lambda: skill("a", version="v 1"), 'skill("a"): version "v 1" may have'),
    "skill org": (
        lambda: skill("a", scope="platform", org="acme"),
        'skill("a"): org must be empty for a platform skill',
    ),
    "skill twice": (lambda: agent(skills=["a", "a"]), 'skills has "a" twice'),
    "env name": (lambda: agent(env=["API-KEY"]), 'EnvVar("API-KEY"): name "API-KEY" must be letters, digits and _'),
    "env twice": (lambda: agent(env=["A", "A"]), 'env has "A" twice'),
    "env as text": (lambda: agent(env="A"), "env must be a list of EnvVar or names, not str"),
    "env as a dict": (lambda: agent(env={"A": "1"}), "env must be a list of EnvVar or names, not dict"),
    "tags as a dict": (lambda: agent(tags={"a": 1}), "tags must be a list of strings, not dict"),
    "text that no file can hold": (
        lambda: agent(instructions="Read this file: \udcff"),
        "instructions has a character that UTF-8 cannot hold, '\\udcff'",
    ),
    "value that no file can hold": (lambda: workflow().set("s", a=["\udcff"]), "a[0] has a character that UTF-8"),
    "secret with a value": (
        lambda: EnvVar("A", secret=True, default="x"),
        'EnvVar("A"): default must be empty for a secret',
    ),
    "command": (lambda: McpServer.stdio("a", ""), 'McpServer.stdio("a"): command must not be empty'),
    "args": (
        lambda: McpServer.stdio("a", "b", args="-y"),
        'McpServer.stdio("a"): args must be a list of strings, not str',
    ),
    "url": (lambda: McpServer.http("a", ""), 'McpServer.http("a"): url must not be empty'),
    "server timeout": (
        lambda: McpServer.http("a", "b", timeout_seconds=0),
        "timeout_seconds must be from 1 to 2147483647, not 0",
    ),
    "port": (lambda: Port(0, 80), "Port: host_port must be from 1 to 65535, not 0"),
    "port type": (lambda: Port(80, WRONG / 2), "Port: container_port must be a whole number, not float"),
    "volume": (lambda: Volume("", "/a"), "Volume: host_path must not be empty"),
    "namespace": (lambda: Workflow("w", namespace=""), 'Workflow("w"): namespace must not be empty'),
    "task name": (lambda: workflow().wait("", 1), "WAIT task: name must not be empty"),
    "reserved task name": (lambda: workflow().wait("end", 1), 'WAIT task: name "end" is taken'),
    "reserved task name in capitals": (lambda: workflow().wait("Exit", 1), 'WAIT task: name "Exit" is taken'),
    "task named as the environment": (lambda: workflow().wait("secrets", 1), 'name "secrets" is taken: .secrets is'),
    "variable named as the environment": (lambda: workflow().set("s", env_vars=1), '"env_vars" is taken'),
    "element named as the environment": (lambda: workflow().for_each("f", [1], each="secrets"), '"secrets" is taken'),
    "error named as the environment": (lambda: workflow().try_("t").catch("secrets"), 'catch "secrets" is taken'),
    "no variables": (lambda: workflow().set("s"), 'SET task "s": variables must be at least one'),
    "variable type": (
        lambda: workflow().set("s", a=WRONG.__class__),
        'SET task "s": a must be JSON, a task or an expression, not type',
    ),
    "value deep in a variable": (
        lambda: workflow().set("s", a=[1, {"b": WRONG.__class__}]),
        "SET task \"s\": a[1]['b'] must be JSON, a task or an expression, not type",
    ),
    "number deep in a variable": (lambda: workflow().set("s", a=[2**60]), "a[0] cannot be 1152921504606846976"),
    "key of a variable": (lambda: workflow().set("s", a={WRONG: 1}), "a key of a must be a string, not int"),
    "variables": (lambda: workflow().set("s", WRONG), 'SET task "s": variables must be a dict, not int'),
    "method": (lambda: workflow().http("h", WRONG, "u"), "method must be one of GET, POST, PUT, DELETE, PATCH, not 7"),
    "uri": (lambda: workflow().http_get("h", ""), 'HTTP_CALL task "h": uri must not be empty'),
    "http timeout": (
        lambda: workflow().http_get("h", "u", timeout_seconds=301),
        "timeout_seconds must be from 1 to 300, not 301",
    ),
    "headers": (lambda: workflow().http_get("h", "u", headers={"A": None}), "headers['A'] must not be None"),
    "body": (lambda: workflow().http_post("h", "u", body=WRONG), 'HTTP_CALL task "h": body must be a dict, not int'),
    "deep in a body": (
        lambda: workflow().http_post("h", "u", body={"a": [{"b": WRONG.__class__}]}),
        "body['a'][0]['b'] must be JSON, a task or an expression, not type",
    ),
    "number in a body": (lambda: workflow().http_post("h", "u", body={"a": float("nan")}), "body['a'] cannot be nan"),
    "service": (lambda: workflow().grpc("g", "", "m"), 'GRPC_CALL task "g": service must not be empty'),
    "activity": (lambda: workflow().call_activity("a", ""), 'CALL_ACTIVITY task "a": activity must not be empty'),
    "child": (lambda: workflow().run("r", "No Slug"), 'RUN task "r": workflow "No Slug" must be words'),
    "message": (lambda: workflow().call_agent("c", "a", ""), 'AGENT_CALL task "c": message must not be empty'),
    "called agent": (lambda: workflow().call_agent("c", "a" * 64, "m"), "agent has 64 characters"),
    "temperature": (
        lambda: workflow().call_agent("c", "a", "m", temperature=1.5),
        "temperature must be from 0 to 1, not 1.5",
    ),
    "agent timeout": (
        lambda: workflow().call_agent("c", "a", "m", timeout_seconds=3601),
        "timeout_seconds must be from 1 to 3600",
    ),
    "no cases": (lambda: workflow().switch("s"), 'SWITCH task "s": cases must be at least one'),
    "case twice": (
        lambda: workflow().switch("s", case("a", when="x", then="end"), case("a", when="y", then="end")),
        'cases has "a" twice',
    ),
    "early otherwise": (
        lambda: workflow().switch("s", otherwise("end"), case("a", when="x", then="end")),
        "otherwise must be the last",
    ),
    "decided condition": (
        lambda: case("a", when=WRONG == 7, then="end"),
        'case("a"): when must be an expression: Python made',
    ),
    "case without target": (lambda: case("a", when="x", then=""), 'case("a"): then must not be empty'),
    "no signals": (lambda: workflow().listen("l"), 'LISTEN task "l": signals must be at least one'),
    "mode": (lambda: workflow().listen("l", update("a"), mode=WRONG), "mode must be one of one, all, not 7"),
    "no wait": (lambda: workflow().wait("w", 0), 'WAIT task "w": seconds must be from 1'),
    "short wait": (
        lambda: workflow().wait("w", timedelta(milliseconds=-1500)),
        "seconds must be a whole number, not float",
    ),
    "raised error": (lambda: workflow().raise_error("r", "", "m"), 'RAISE task "r": error must not be empty'),
    "over": (lambda: workflow().for_each("f", WRONG), 'FOR task "f": over must be a list or an expression, not int'),
    "concurrency": (lambda: workflow().for_each("f", [1], concurrency=0), 'FOR task "f": concurrency must be'),
    "wait": (lambda: workflow().run("r", "w", wait=WRONG), 'RUN task "r": wait must be True or False'),
    "gRPC metadata": (lambda: workflow().grpc("g", "s", "m", metadata=WRONG), 'GRPC_CALL task "g": metadata must be'),
    "over a dict": (lambda: workflow().for_each("f", {"a": 1}), "over must be a list or an expression, not dict"),
    "condition": (lambda: case("a", when=WRONG, then="end"), 'case("a"): when must be an expression, not int'),
    "each": (lambda: workflow().for_each("f", [1], each="a b"), 'FOR task "f": each "a b" must be letters'),
    "compete": (lambda: workflow().fork("f", compete=WRONG), 'FORK task "f": compete must be True or False, not int'),
}


@pytest.mark.parametrize(("attempt", "complaint"), CASES.values(), ids=CASES.keys())
def test_the_error_names_argument_and_line(attempt: Callable[[], object], complaint: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        attempt()
    assert complaint in str(caught.value)
    assert str(caught.value).endswith(f"({caught.value.place})")
    assert Path(caught.value.place.filename) == Path(__file__)


def test_the_line_is_that_of_the_call() -> None:
    with pytest.raises(DefinitionError) as caught:
        Agent(
            "x",
            instructions="short",
        )
    first = test_the_line_is_that_of_the_call.__code__.co_firstlineno
    assert caught.value.place.line == first + 2
    assert caught.value.argument == "instructions"


def test_two_agents_with_one_slug() -> None:
    Agent("Code Reviewer", instructions=RULES)
    with pytest.raises(DefinitionError, match=r'slug "code-reviewer" is taken by the agent made at .*test_errors\.py'):
        Agent("code-reviewer", instructions=RULES)


def test_an_agent_and_a_workflow_may_share_a_slug() -> None:
    Agent("review", instructions=RULES)
    assert Workflow("review").slug == "review"
    with pytest.raises(DefinitionError, match=r'Workflow\("Review"\): slug "review" is taken by the workflow'):
        Workflow("Review")


def test_a_resource_that_failed_is_not_deployed() -> None:
    with pytest.raises(DefinitionError):
        agent(instructions="Hi")
    assert agent().slug == "x"


def test_an_agent_is_called_by_slug_not_by_name() -> None:
    Agent("Code Reviewer", instructions=RULES)
    with pytest.raises(DefinitionError, match='use its slug "code-reviewer" or pass the Agent itself'):
        workflow().call_agent("c", "Code Reviewer", "Hello")
