"""Workflows run to their end on a real Temporal: every kind of task, and everything that goes wrong with a request."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from stigmer_proto.agentic.workflowexecution.v1.enum_pb2 import WorkflowTaskStatus

from apps.workflows.errors import STANDARD
from tests.suites.client import Refused
from tests.support.http import StandIn
from tests.support.ports import free_port
from tests.workflows.worker.kit import COMPLETED, FAILED, Engine, http, set_, task

VALID = 2
"""ValidationState of the contract."""


def test_set_and_http(engine: Engine, service: StandIn) -> None:
    service.on("GET /pulls/1", body={"title": "fix: a bug", "labels": ["x"]})
    run = engine.run(
        [
            set_("begin", number="${ 40 + 2 }", who="${ $input.trigger_message }"),
            http("fetch", f"{service.url}/pulls/1?a=ä b", headers={"X-Number": "${ .number }"}),
            set_("finish", title="${ .fetch.title }", labels="${ .fetch.labels | length }", who="${ .who }"),
        ],
        trigger_message="ann",
    )
    assert run.phase == COMPLETED
    assert run.output == {"title": "fix: a bug", "labels": 1.0, "who": "ann"}
    assert run.statuses == {"/begin": "COMPLETED", "/fetch": "COMPLETED", "/finish": "COMPLETED"}
    assert run.tasks["/fetch"]["output"] == {"title": "fix: a bug", "labels": ["x"]}
    assert run.tasks["/fetch"]["task_type"] == "WORKFLOW_TASK_API_CALL"
    assert run.envelope.status.temporal_workflow_id == run.envelope.metadata.id
    assert run.envelope.status.started_at <= run.tasks["/fetch"]["completed_at"] <= run.envelope.status.completed_at
    (asked,) = service.asked
    assert asked.path == "/pulls/1?a=%C3%A4%20b"
    assert asked.headers["x-number"] == "42"


def test_switch_for_try_raise_and_wait(engine: Engine, service: StandIn) -> None:
    service.on("POST /items", body={"ok": True})
    run = engine.run(
        [
            set_("list", items="${ [1, 2, 3] }"),
            task(
                "each",
                "FOR",
                {
                    "each": "item",
                    "in": "${ .items }",
                    "do": [http("send", f"{service.url}/items", "POST", body={"n": "${ .item }"})],
                },
            ),
            task(
                "choose",
                "SWITCH",
                {"cases": [{"name": "three", "when": "${ (.each | length) == 3 }", "then": "guard"}]},
            ),
            set_("never", x="1"),
            task(
                "guard",
                "TRY",
                {
                    "try": [task("fail", "RAISE", {"error": "TooMany", "message": "three are too many"})],
                    "catch": {"as": "problem", "do": [set_("note", seen="${ .problem.message }")]},
                },
            ),
            task("rest", "WAIT", {"seconds": 1}),
            set_("finish", seen="${ .seen }"),
        ]
    )
    assert run.phase == COMPLETED, run
    assert run.output == {"seen": "three are too many"}
    assert run.statuses["/never"] == "SKIPPED"
    assert run.statuses["/guard/try/fail"] == "FAILED"
    assert run.statuses["/guard/catch/note"] == "COMPLETED"
    assert run.statuses["/each[2]/send"] == "COMPLETED"
    assert [asked.body for asked in service.asked] == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.parametrize(
    ("method", "answer", "said"),
    [
        ("GET", {"status": 503, "body": {"error": "busy"}}, "answered 503 Service Unavailable"),
        ("POST", {"status": 429}, "answered 429 Too Many Requests"),
        ("POST", {"status": 429, "headers": {"Retry-After": "2"}}, "; it asks to be left alone for 2.0 s"),
    ],
)
def test_what_is_tried_again(engine: Engine, service: StandIn, method: str, answer: dict[str, Any], said: str) -> None:
    service.on(f"{method} /flaky", **answer)
    service.on(f"{method} /flaky", body={"ok": True})
    run = engine.run([http("fetch", f"{service.url}/flaky", method)])
    assert run.phase == COMPLETED
    assert run.statuses == {"/fetch": "FAILED", "/fetch~attempt2": "COMPLETED"}
    assert said in run.tasks["/fetch"]["error"]
    assert service.count(f"{method} /flaky") == 2


def refused_uri() -> str:
    return f"http://127.0.0.1:{free_port()}/"


@pytest.mark.parametrize(
    ("answer", "config", "said", "times"),
    [
        ({"status": 404, "body": {"error": "gone"}}, {}, "404", 1),
        ({"status": 302, "headers": {"Location": "/x"}}, {}, "302", 1),
        ({"body": b"{no", "headers": {"Content-Type": "application/json"}}, {}, "not", 1),
        ({"body": b"{no", "headers": {"Content-Type": "application/json"}, "status": 404}, {}, "404 Not Found: {no", 1),
        ({"delay": 3.0, "body": 1}, {"timeout_seconds": 1}, "/x: no complete answer within 1 s", 1),
        ({"delay": 3.0, "body": 1}, {"timeout_seconds": 1, "method": "POST"}, "1 s; whether it took effect is unk", 1),
        ({"breaks": True}, {"method": "POST"}, "unknown", 1),
        ({"status": 502, "body": b"<h1>502</h1>"}, {"method": "POST"}, "</h1>; whether it took effect is unknown", 1),
        ({"status": 504}, {"method": "PATCH"}, "504 Gateway Timeout; whether it took effect is unknown", 1),
        ({"status": 500}, {"method": "POST"}, "/x answered 500 Internal Server Error", 1),
        ({"status": 524}, {"method": "POST"}, "524; whether it took effect is unknown", 1),
        (
            {"status": 429, "headers": {"Retry-After": "86400"}},
            {},
            "Requests; it asks to be left alone for 24 h 0 m",
            1,
        ),
    ],
)
def test_an_answer_that_fails_the_run(
    engine: Engine, service: StandIn, answer: dict[str, Any], config: dict[str, Any], said: str, times: int
) -> None:
    method = config.get("method", "GET")
    service.on(f"{method} /x", **answer)
    run = engine.run([http("fetch", f"{service.url}/x", **config), set_("after", x="1")])
    assert run.phase == FAILED
    assert run.error.startswith("/fetch: ")
    assert said in run.error
    assert run.statuses == {"/fetch": "FAILED", "/after": "SKIPPED"}
    assert service.count(f"{method} /x") == times


def test_a_failure_that_is_caught(engine: Engine, service: StandIn) -> None:
    service.on("GET /gone", status=410)
    catch = {"as": "error", "do": [set_("note", code="${ .error.statusCode }")]}
    run = engine.run([task("guard", "TRY", {"try": [http("fetch", f"{service.url}/gone")], "catch": catch})])
    assert run.phase == COMPLETED
    assert run.output == {"code": 410.0}


@pytest.mark.parametrize(
    "names", [["CallHTTP error"], ["Validation", "communication"], [f"{STANDARD}communication"], ["*"]]
)
def test_a_catch_takes_the_errors_it_names(engine: Engine, service: StandIn, names: list[str]) -> None:
    service.on("GET /gone", status=404)
    caught = {"errors": names, "do": [set_("caught", status="${ .error.status }")]}
    run = engine.run([task("guard", "TRY", {"try": [http("call", f"{service.url}/gone")], "catch": caught})])
    assert (run.phase, run.output) == (COMPLETED, {"status": 404})


def test_an_error_that_a_catch_does_not_name_goes_on(engine: Engine, service: StandIn) -> None:
    service.on("GET /gone", status=404)
    caught = {"errors": ["Validation", "OutOfStock"], "do": [set_("caught", status="${ .error.status }")]}
    run = engine.run([task("guard", "TRY", {"try": [http("call", f"{service.url}/gone")], "catch": caught})])
    assert (run.phase, run.statuses["/guard"]) == (FAILED, "FAILED")
    assert "answered 404" in run.error


def test_a_program_of_jq_that_never_ends_fails_its_task(engine: Engine) -> None:
    run = engine.run([set_("bomb", x="${ last(range(1e12)) }")])
    assert run.phase == FAILED
    assert "took longer" in run.error
    assert engine.run([set_("next", x="${ [3, 1] | sort | first }")]).output == {"x": 1.0}


def test_a_drip_of_bytes_ends_at_the_time_limit(engine: Engine) -> None:
    """Each byte is in time, the answer is not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        import threading

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    while True:
                        connection.sendall(b"H" if not connection.gettimeout() else b"")
                        time.sleep(0.2)
                except OSError:
                    return

        threading.Thread(target=drip, daemon=True).start()
        uri = f"http://127.0.0.1:{server.getsockname()[1]}/"
        run = engine.run([http("fetch", uri, "POST", timeout_seconds=1)])
    assert run.phase == FAILED
    assert "within 1 s" in run.error or "broke" in run.error or "unknown" in run.error


def test_a_thousand_iterations(engine: Engine) -> None:
    run = engine.run(
        [
            set_("list", items="${ [range(1000)] }"),
            task("each", "FOR", {"each": "item", "in": "${ .items }", "do": [set_("add", x="${ .item + 1 }")]}),
            set_("finish", x="${ .x }"),
        ]
    )
    assert run.phase == COMPLETED
    assert run.output == {"x": 1000.0}
    assert len(run.tasks) == 1003


def test_more_iterations_than_records(engine: Engine) -> None:
    run = engine.run(
        [
            set_("list", items="${ [range(5000)] }"),
            task("each", "FOR", {"each": "item", "in": "${ .items }", "do": [set_("add", x="${ .item + 1 }")]}),
            set_("finish", x="${ .x }"),
        ]
    )
    assert run.output == {"x": 5000.0}
    assert len(run.tasks) < 2010
    assert run.statuses["/finish"] == "COMPLETED"
    assert "not kept" in run.tasks["~unrecorded"]["task_name"]


def test_long_values_are_cut_in_records_and_whole_in_the_run(engine: Engine, service: StandIn) -> None:
    service.on("GET /long", body={"text": "x" * 1_000_000})
    run = engine.run([http("fetch", f"{service.url}/long"), set_("finish", n="${ .fetch.text | length }")])
    assert run.output == {"n": 1_000_000.0}
    assert "not kept" in run.tasks["/fetch"]["output"]["truncated"]


@pytest.mark.parametrize("digits", ["1234567890123456789", "-9007199254740993", "9" * 400])
def test_large_whole_numbers_keep_their_digits(engine: Engine, service: StandIn, digits: str) -> None:
    kind = {"Content-Type": "application/json"}
    service.on("GET /id", body=f'{{"id": {digits}, "ids": [{{"id": {digits}}}], "n": 7}}'.encode(), headers=kind)
    moved = set_(
        "finish", id="${ .fetch.id }", ids="${ .fetch.ids | map(.id) }", n="${ .fetch.n }", text="${ .fetch.id }!"
    )
    run = engine.run([http("fetch", f"{service.url}/id"), moved])
    assert run.output == {"id": digits, "ids": [digits], "n": 7, "text": f"{digits}!"}
    assert run.tasks["/fetch"]["output"] == {"id": digits, "ids": [{"id": digits}], "n": 7}


def test_a_number_beyond_every_double_is_the_largest(engine: Engine, service: StandIn) -> None:
    service.on("GET /number", body=b'{"e": [1E400, -1E400]}', headers={"Content-Type": "application/json"})
    service.on("POST /echo", body={})
    sent = http("send", f"{service.url}/echo", "POST", body={"e": "${ .fetch.e }", "moved": "${ .fetch.e | map(.) }"})
    assert engine.run([http("fetch", f"{service.url}/number"), sent]).phase == COMPLETED
    largest = [1.7976931348623157e308, -1.7976931348623157e308]
    assert service.asked[-1].body == {"e": largest, "moved": largest}


def test_what_cannot_be_recorded_is_said_and_spoils_no_run(engine: Engine, service: StandIn) -> None:
    body, reason = "[" * 40 + "]" * 40, "is nested deeper than 24 levels"
    service.on("GET /odd", body=body.encode(), headers={"Content-Type": "application/json"})
    fetch = http("fetch", f"{service.url}/odd")
    used = engine.run([fetch, set_("finish", length="${ .fetch | length }")])
    assert (used.phase, used.output) == (COMPLETED, {"length": 1})
    assert used.tasks["/fetch"]["output"] == {"truncated": f"not kept here: it {reason}"}
    given = engine.run([fetch])
    assert (given.phase, given.error) == (FAILED, f"its output cannot be stored: it {reason}")


@pytest.mark.parametrize(
    ("kind", "body"), [("text/plain; charset=undefined", "abc"), ("application/json", r'"abc\ud83d"')]
)
@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_that_nobody_could_read_or_store_ends_its_task(
    engine: Engine, service: StandIn, kind: str, body: str, status: int
) -> None:
    service.on("GET /odd", body=body.encode(), headers={"Content-Type": kind}, status=status)
    catch = {"do": [set_("caught", status="${ .error.status }", message="${ .error.message }")]}
    run = engine.run([task("guard", "TRY", {"try": [http("fetch", f"{service.url}/odd")], "catch": catch})])
    assert run.phase == COMPLETED, run
    seen = run.tasks["/guard/try/fetch"]["output"] if status == 200 else run.output["message"]
    assert "abc" in str(seen)
    assert service.count("GET /odd") == 1


def test_a_loop_is_told_before_what_is_in_it_and_its_end_after(engine: Engine) -> None:
    inner = {"each": "item", "in": "${ [1, 2] }", "do": [set_("add", x="${ .item }")]}
    run_id = engine.end(engine.start(engine.apply([task("each", "FOR", inner)]))).envelope.metadata.id
    told = [
        (event.task.task_id, WorkflowTaskStatus.Name(event.task.status).removeprefix("WORKFLOW_TASK_"))
        for event in engine.api.follow(run_id)
        if event.WhichOneof("change") == "task"
    ]
    assert [each for each in told if each[1] != "PENDING"] == [
        ("/each", "IN_PROGRESS"),
        ("/each[0]/add", "COMPLETED"),
        ("/each[1]/add", "COMPLETED"),
        ("/each", "COMPLETED"),
    ]


def test_a_definition_applied_while_it_runs_changes_nothing(engine: Engine, service: StandIn) -> None:
    service.on("GET /slow", delay=0.5, body={})
    name = "changing"
    workflow = engine.apply([http("fetch", f"{service.url}/slow"), set_("finish", which="old")], name=name)
    run_id = engine.start(workflow)
    assert engine.apply([set_("finish", which="new")], name=name) == workflow
    assert engine.end(run_id).output == {"which": "old"}
    assert engine.end(engine.start(workflow)).output == {"which": "new"}


def test_a_variable_without_a_value_is_refused(engine: Engine) -> None:
    env = {"data": {"TOKEN": {"is_secret": True}, "REGION": {"value": "eu"}, "TOK": {}, "SPACE": {}}}
    tasks = [
        set_("auth", header="Bearer ${ .secrets.TOKEN } in ${ .env_vars['SPACE'] }"),
        set_("finish", region="${ .env_vars.REGION }"),
    ]
    workflow = engine.apply(tasks, env_spec=env)
    with pytest.raises(Refused) as refused:
        engine.start(workflow)
    assert sorted(refused.value.violations) == ['spec.runtime_env["SPACE"]', 'spec.runtime_env["TOKEN"]']
    given = {"TOKEN": {"value": "t0ken-value", "is_secret": True}, "SPACE": {"value": "here"}}
    run = engine.end(engine.start(workflow, runtime_env=given))
    assert run.output == {"region": "eu"}


def test_deploying_refuses_what_never_could_run(engine: Engine) -> None:
    workflow = engine.apply([set_("a", x="1")])
    validation = engine.api.of("Workflow").get(workflow).status.serverless_workflow_validation
    assert (validation.state, list(validation.warnings)) == (VALID, [])
    with pytest.raises(Refused) as refused:
        engine.apply([set_("a", x="${ .a | }"), set_("b", y="${ env.HOME }")])
    assert sorted(refused.value.violations) == [
        "spec.tasks[0].task_config.variables.x",
        "spec.tasks[1].task_config.variables.y",
    ]
