"""One golden message per task kind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from stigmer import Agent, Workflow, case, data, env_var, otherwise, query, secret, signal, update
from stigmer_proto.commons.apiresource import enum_pb2

from .messages import CONFIGS, as_dict, assert_task_valid, assert_valid, set_fields, tasks_of

Build = Callable[[Workflow], object]


def set_everything(wf: Workflow) -> None:
    wf.set(
        "vars",
        {"then": "a name that is an argument elsewhere"},
        text="ready",
        number=5,
        flag=True,
        nothing=None,
        items=[1, "two", data.three],
        shape={"name": data.name, "deep": {"n": 1.5}},
        answer=data.answer,
        greeting=f"Hello {data.name}",
    )


def http_get(wf: Workflow) -> None:
    wf.http_get(
        "fetch",
        f"https://example.com/{wf.input.id}",
        headers={"Accept": "application/json", "X-Page": 3, "Authorization": f"Bearer {secret('TOKEN')}"},
    )


def http_with_body(wf: Workflow) -> None:
    wf.http(
        "change",
        "PATCH",
        env_var("URL"),
        body={"title": f"New: {data.title}", "count": 3, "tags": ["a", data.tag], "draft": False, "parent": None},
        timeout_seconds=60,
    )


def grpc(wf: Workflow) -> None:
    wf.grpc("ask", "localhost:9000/shop.Orders", "Find", {"id": data.id})


def activity(wf: Workflow) -> None:
    wf.call_activity("train", "train_model", {"epochs": 3, "on": data.rows})


def switch(wf: Workflow) -> None:
    wf.switch(
        "route",
        case("big", when=data.n > 10, then="after"),
        case("raw", when="${ .n } == 3", then="continue"),
        otherwise("end"),
    )
    wf.wait("after", 1)


def for_each(wf: Workflow) -> None:
    with wf.for_each("each", data.orders, each="order") as order:
        wf.set("note", id=order.id)
        wf.wait("pause", 1)


def fork(wf: Workflow) -> None:
    with wf.fork("both", compete=True) as both:
        with both.branch("left") as left:
            wf.set("a", data=1)
        with both.branch("right hand") as right:
            wf.set("b", data=2)
    wf.set("result", left=left["data"], right=right["data"], all=left, text=f"left: {left}")


def try_catch(wf: Workflow) -> None:
    with wf.try_("guard") as guard:
        wf.http_get("risky", "https://example.com")
    with guard.catch("problem") as problem:
        wf.set("note", why=problem.message)


def try_only(wf: Workflow) -> None:
    with wf.try_("guard"):
        wf.wait("pause", 1)


def listen(wf: Workflow) -> None:
    wf.listen("approval", "approved", signal("rejected"), query("state"), update("change"), mode="all")


def wait(wf: Workflow) -> None:
    wf.wait("pause", timedelta(minutes=2))


def raise_error(wf: Workflow) -> None:
    wf.raise_error("stop", "validation", f"bad order {data.id}")


def run(wf: Workflow) -> None:
    wf.run("child", "clean-up", {"day": wf.input.day})


def agent_call(wf: Workflow) -> None:
    agent = Agent("Code Reviewer", instructions="Review the code you are given.")
    wf.call_agent(
        "review",
        agent,
        f"""
        Review this:
          {data.patch}
        """,
        env={"TOKEN": secret("TOKEN"), "DEPTH": 2},
        scope="organization",
        model="qwen2.5-coder:7b",
        temperature=0.5,
        timeout_seconds=600,
    )


def agent_call_by_slug(wf: Workflow) -> None:
    wf.call_agent("review", "code-reviewer", "Hello")


def agent_call_with_one_option(wf: Workflow) -> None:
    wf.call_agent("review", "code-reviewer", "Hello", model="large")


GOLDEN: list[tuple[Build, str, dict[str, Any]]] = [
    (
        set_everything,
        "SET",
        {
            "variables": {
                "then": "a name that is an argument elsewhere",
                "text": "ready",
                "number": "${ 5 }",
                "flag": "${ true }",
                "nothing": "${ null }",
                "items": '${ [1, "two", .three] }',
                "shape": '${ {"name": .name, "deep": {"n": 1.5}} }',
                "answer": "${.answer}",
                "greeting": '${ "Hello " + (.name | tostring) }',
            }
        },
    ),
    (
        http_get,
        "HTTP_CALL",
        {
            "method": "GET",
            "endpoint": {"uri": '${ "https://example.com/" + ($input.id | tostring) }'},
            "headers": {
                "Accept": "application/json",
                "X-Page": "3",
                "Authorization": '${ "Bearer " + .secrets.TOKEN }',
            },
            "timeout_seconds": 30.0,
        },
    ),
    (
        http_with_body,
        "HTTP_CALL",
        {
            "method": "PATCH",
            "endpoint": {"uri": "${.env_vars.URL}"},
            "body": {
                "title": '${ "New: " + (.title | tostring) }',
                "count": 3.0,
                "tags": ["a", "${.tag}"],
                "draft": False,
                "parent": None,
            },
            "timeout_seconds": 60.0,
        },
    ),
    (
        grpc,
        "GRPC_CALL",
        {"service": "localhost:9000/shop.Orders", "method": "Find", "request": {"id": "${.id}"}},
    ),
    (activity, "CALL_ACTIVITY", {"activity": "train_model", "input": {"epochs": 3.0, "on": "${.rows}"}}),
    (
        switch,
        "SWITCH",
        {
            "cases": [
                {"name": "big", "when": "${ .n > 10 }", "then": "after"},
                {"name": "raw", "when": "${ .n } == 3", "then": "continue"},
                {"name": "default", "then": "end"},
            ]
        },
    ),
    (
        for_each,
        "FOR",
        {
            "each": "order",
            "in": "${.orders}",
            "do": [
                {
                    "name": "note",
                    "kind": "WORKFLOW_TASK_KIND_SET",
                    "taskConfig": {"variables": {"id": "${.order.id}"}},
                },
                {"name": "pause", "kind": "WORKFLOW_TASK_KIND_WAIT", "taskConfig": {"seconds": 1.0}},
            ],
        },
    ),
    (
        fork,
        "FORK",
        {
            "branches": [
                {
                    "name": "left",
                    "do": [
                        {
                            "name": "a",
                            "kind": "WORKFLOW_TASK_KIND_SET",
                            "taskConfig": {"variables": {"data": "${ 1 }"}},
                        }
                    ],
                },
                {
                    "name": "right hand",
                    "do": [
                        {
                            "name": "b",
                            "kind": "WORKFLOW_TASK_KIND_SET",
                            "taskConfig": {"variables": {"data": "${ 2 }"}},
                        }
                    ],
                },
            ],
            "compete": True,
        },
    ),
    (
        try_catch,
        "TRY",
        {
            "try": [
                {
                    "name": "risky",
                    "kind": "WORKFLOW_TASK_KIND_HTTP_CALL",
                    "taskConfig": {
                        "method": "GET",
                        "endpoint": {"uri": "https://example.com"},
                        "timeout_seconds": 30.0,
                    },
                }
            ],
            "catch": {
                "as": "problem",
                "do": [
                    {
                        "name": "note",
                        "kind": "WORKFLOW_TASK_KIND_SET",
                        "taskConfig": {"variables": {"why": "${.problem.message}"}},
                    }
                ],
            },
        },
    ),
    (
        try_only,
        "TRY",
        {"try": [{"name": "pause", "kind": "WORKFLOW_TASK_KIND_WAIT", "taskConfig": {"seconds": 1.0}}]},
    ),
    (
        listen,
        "LISTEN",
        {
            "to": {
                "mode": "all",
                "signals": [
                    {"id": "approved", "type": "signal"},
                    {"id": "rejected", "type": "signal"},
                    {"id": "state", "type": "query"},
                    {"id": "change", "type": "update"},
                ],
            }
        },
    ),
    (wait, "WAIT", {"seconds": 120.0}),
    (raise_error, "RAISE", {"error": "validation", "message": '${ "bad order " + (.id | tostring) }'}),
    (run, "RUN", {"workflow": "clean-up", "input": {"day": "${ $input.day }"}}),
    (
        agent_call,
        "AGENT_CALL",
        {
            "agent": "code-reviewer",
            "scope": "organization",
            "message": '${ "Review this:\\n  " + (.patch | tostring) }',
            "env": {"TOKEN": "${.secrets.TOKEN}", "DEPTH": "2"},
            "config": {"model": "qwen2.5-coder:7b", "timeout": 600.0, "temperature": 0.5},
        },
    ),
    (agent_call_by_slug, "AGENT_CALL", {"agent": "code-reviewer", "message": "Hello"}),
    (
        agent_call_with_one_option,
        "AGENT_CALL",
        {"agent": "code-reviewer", "message": "Hello", "config": {"model": "large", "timeout": 300.0}},
    ),
]


@pytest.mark.parametrize(("build", "kind", "config"), GOLDEN, ids=[build.__name__ for build, _, _ in GOLDEN])
def test_a_task_is_deployed_as_written(wf: Workflow, build: Build, kind: str, config: dict[str, Any]) -> None:
    build(wf)
    task = tasks_of(wf)[0]
    assert task["kind"] == f"WORKFLOW_TASK_KIND_{kind}"
    assert task["task_config"] == config


def test_every_kind_of_the_contract_has_a_golden_task() -> None:
    kinds = {name.removeprefix("WORKFLOW_TASK_KIND_") for name in dict(enum_pb2.WorkflowTaskKind.items())}
    assert {kind for _, kind, _ in GOLDEN} == kinds - {"UNSPECIFIED"} == set(CONFIGS)


def test_the_sdk_can_say_every_field_of_every_config() -> None:
    said: set[str] = set()
    for build, kind, _ in GOLDEN:
        wf = Workflow(f"{build.__name__} {kind}")
        build(wf)
        for task in tasks_of(wf):
            said |= set(set_fields(assert_task_valid(task)))
    files = {config.DESCRIPTOR.file for config in CONFIGS.values()}
    fields = [f.full_name for file in files for m in file.message_types_by_name.values() for f in m.fields]
    assert len(fields) > 30
    assert [name for name in fields if name not in said] == []


def test_results_of_branches_are_found_under_the_fork(wf: Workflow) -> None:
    fork(wf)
    assert tasks_of(wf)[1]["task_config"]["variables"] == {
        "left": "${.both.branches.left.data}",
        "right": '${ .both.branches["right hand"].data }',
        "all": "${.both.branches.left}",
        "text": '${ "left: " + (.both.branches.left | tostring) }',
    }


def test_a_workflow_says_all_about_itself() -> None:
    wf = Workflow(
        "Load Orders",
        namespace="pipelines",
        version="2.1.0",
        description="Loads orders.",
        document_name="orders",
        document_description="The definition.",
        env=["URL"],
        scope="platform",
        labels={"team": "data"},
        tags=["nightly"],
    )
    wf.wait("pause", 1).export_as(data.x).then("end")
    message = wf.to_message({"stigmer.ai/sdk.language": "python"})
    assert_valid(message)
    assert as_dict(message) == {
        "api_version": "agentic.stigmer.ai/v1",
        "kind": "Workflow",
        "metadata": {
            "name": "Load Orders",
            "slug": "load-orders",
            "owner_scope": "platform",
            "labels": {"team": "data"},
            "annotations": {"stigmer.ai/sdk.language": "python"},
            "tags": ["nightly"],
        },
        "spec": {
            "description": "Loads orders.",
            "document": {
                "dsl": "1.0.0",
                "namespace": "pipelines",
                "name": "orders",
                "version": "2.1.0",
                "description": "The definition.",
            },
            "tasks": [
                {
                    "name": "pause",
                    "kind": "WORKFLOW_TASK_KIND_WAIT",
                    "task_config": {"seconds": 1.0},
                    "export": {"as": "${.x}"},
                    "flow": {"then": "end"},
                }
            ],
            "env_spec": {"data": {"URL": {}}},
        },
    }


def test_the_optional_parts_of_a_workflow_have_defaults() -> None:
    wf = Workflow("Load Orders", description="Loads orders.")
    wf.wait("pause", 1)
    document = as_dict(wf.to_message())["spec"]["document"]
    about = "Loads orders."
    named = {"dsl": "1.0.0", "namespace": "default", "name": "load-orders", "version": "1.0.0"}
    assert document == {**named, "description": about}
