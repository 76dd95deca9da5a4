"""What the Python SDK writes, the interpreter understands."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from google.protobuf import json_format
from stigmer import Workflow, case, data, env_var, isolated, jq, otherwise, secret

from apps.workflows.expressions import JqProcess
from apps.workflows.interpreter.execute import Ending, Outcome, RunInput, run_workflow
from apps.workflows.parsing import parse_definition
from tests.workflows.scripted import NONCE, ScriptedDriver, lines

Play = Callable[[Workflow, ScriptedDriver], Outcome]


@pytest.fixture
def wf() -> Iterator[Workflow]:
    with isolated():
        yield Workflow("program", namespace="tests")


@pytest.fixture
def play(evaluator: JqProcess) -> Play:
    def run(workflow: Workflow, driver: ScriptedDriver) -> Outcome:
        spec = json_format.MessageToDict(workflow.to_message().spec, preserving_proto_field_name=True)
        start = RunInput(input={"limit": 2}, env_vars={"HOST": "shop"}, secret_names=tuple(driver.secrets), nonce=NONCE)
        definition = parse_definition(spec, evaluator)
        return asyncio.run(run_workflow(definition, start, driver=driver, evaluator=evaluator))

    return run


def test_fetch_loop_branch_and_ask(wf: Workflow, play: Play) -> None:
    orders = wf.http_get(
        "orders",
        f"https://{env_var('HOST')}/orders?limit={wf.input.limit}",
        headers={"Authorization": f"Bearer {secret('TOKEN')}"},
    )
    wf.set("start", total=0, big=jq("[]"))
    with wf.for_each("each order", orders["items"], each="order") as order:
        wf.switch("size", case("small", when=order.price < 10, then="exit"), otherwise("keep"))
        wf.set("keep", total=data.total + order.price, big=data.big + jq("[.order.id]"))
    answer = wf.call_agent("ask", "helper", f"Orders {data.big} cost {data.total}")
    wf.set("end it", said=answer["response"], total=data.total, big=data.big, many=data.big.length() > 1)
    driver = ScriptedDriver(
        secrets={"TOKEN": "token-of-the-shop"},
        http=[
            {
                "expect": {
                    "uri": "https://shop/orders?limit=2",
                    "headers": {"Authorization": "Bearer token-of-the-shop"},
                },
                "answer": {"body": {"items": [{"id": 1, "price": 5}, {"id": 2, "price": 20}, {"id": 3, "price": 30}]}},
            }
        ],
        agents=[{"expect": {"agent": "helper", "message": "Orders [2,3] cost 50"}, "answer": {"response": "fine"}}],
    )
    outcome = play(wf, driver)
    assert outcome == Outcome(Ending.COMPLETED, {"said": "fine", "total": 50, "big": [2, 3], "many": True})


def test_catch_wait_and_raise(wf: Workflow, play: Play) -> None:
    with wf.try_("load") as load:
        wf.http_post("send", "https://shop/pay", body={"amount": wf.input.limit})
    with load.catch("problem") as problem:
        wf.wait("rest", 3)
        wf.set("note", note=f"{problem.type}: {problem.message}")
    wf.raise_error("give up", "validation", f"because of {data.note}")
    driver = ScriptedDriver(http=[{"expect": {"body": {"amount": 2}}, "answer": {"status": 402}}])
    outcome = play(wf, driver)
    assert outcome.ending is Ending.FAILED
    assert outcome.error is not None
    assert outcome.error["detail"] == ("because of CallHTTP error: POST https://shop/pay answered 402 Payment Required")
    assert (outcome.error["status"], outcome.error["instance"]) == (400, "/give up")
    assert lines(driver.records) == [
        "/load IN_PROGRESS",
        "/load/try/send IN_PROGRESS",
        "/load/try/send FAILED",
        "/load/catch/rest IN_PROGRESS",
        "/load/catch/rest COMPLETED",
        "/load/catch/note COMPLETED",
        "/load COMPLETED",
        "/give up FAILED",
    ]
