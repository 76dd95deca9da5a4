"""What is run while processes die: an agent and a workflow whose effects can be counted."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.chaos.counter import Effects
from tests.suites.client import Api

Json = Any

AGENT_STEPS = frozenset({"a", "b", "c"})
WORKFLOW_STEPS = frozenset({"first", "item-1", "item-2", "item-3", "left", "right", "last"})
TURNS = [
    {"text": "I will look first. ", "calls": [{"name": "look", "arguments": {"step": "look"}}]},
    {"calls": [{"name": "act", "arguments": {"step": "a"}}]},
    {
        "text": "And two more. ",
        "calls": [{"name": "act", "arguments": {"step": "b"}}, {"name": "act", "arguments": {"step": "c"}}],
        "chunk_delay_seconds": 0.02,
    },
    {"text": "That is all that there was to be done.", "chunk_delay_seconds": 0.02},
]
TAG = "${ .env_vars.TAG }"


@dataclass(frozen=True)
class Programs:
    """The ids of what is deployed, and the model of the agent's runs."""

    agent_id: str
    workflow_id: str
    model: str


def deploy(api: Api, effects: Effects, folder: Path) -> Programs:
    """Deploy both on an installation; `folder` keeps the model's answers."""
    answers = folder / "answers.yaml"
    answers.write_text(yaml.safe_dump({"turns": TURNS}))
    model = f"scripted:{answers}"
    agents, workflows = api.of("Agent"), api.of("Workflow")
    agent = agents.apply(agents.envelope(_agent(), name="doer"))
    workflow = workflows.apply(workflows.envelope(_workflow(effects.url, model), name="many-steps"))
    return Programs(agent.metadata.id, workflow.metadata.id, model)


def _agent() -> Json:
    server = str(Path(__file__).with_name("tool_server.py"))
    placeholders = {"TAG": "${TAG}", "COUNTER": "${COUNTER}"}
    stdio = {"command": sys.executable, "args": [server], "env_placeholders": placeholders}
    return {"instructions": "Do what the script says.", "mcp_servers": [{"name": "effects", "stdio": stdio}]}


def _workflow(url: str, model: str) -> Json:
    def post(name: str, step: str) -> Json:
        return _http(name, "POST", f"{url}/effects/{TAG}/{step}", body={"step": step})

    caught = _task("note", "SET", {"variables": {"caught": "${ .problem.message }"}})
    guarded = {
        "try": [_http("refused", "POST", f"{url}/refuse")],
        "catch": {"as": "problem", "do": [caught]},
    }
    loop = {"each": "item", "in": "${ .items }", "do": [post("post_item", "item-${ .item }")]}
    sides = [{"name": side, "do": [post(f"post_{side}", side)]} for side in ("left", "right")]
    asked = {
        "agent": "doer",
        "message": "Go.",
        "env": {"TAG": TAG, "COUNTER": url},
        "config": {"model": model},
    }
    tasks = [
        _task("begin", "SET", {"variables": {"items": "${ [1, 2, 3] }"}}),
        post("post_first", "first"),
        _http("look", "GET", f"{url}/effects/{TAG}/look"),
        _task("each", "FOR", loop),
        _task("guard", "TRY", guarded),
        _task("both", "FORK", {"branches": sides}),
        _task("pause", "WAIT", {"seconds": 1}),
        _task("ask", "AGENT_CALL", asked),
        post("post_last", "last"),
        _task("finish", "SET", {"variables": {"caught": "${ .caught }", "said": "${ .ask.response }"}}),
    ]
    document = {"dsl": "1.0.0", "namespace": "chaos", "name": "many-steps", "version": "1.0.0"}
    return {"document": document, "tasks": tasks}


def _task(name: str, kind: str, config: Json) -> Json:
    return {"name": name, "kind": f"WORKFLOW_TASK_KIND_{kind}", "task_config": config}


def _http(name: str, method: str, uri: str, **config: Json) -> Json:
    return _task(name, "HTTP_CALL", {"method": method, "endpoint": {"uri": uri}, "timeout_seconds": 20, **config})
