"""What no single case shows: limits, cancelling, records, repetition, speed."""

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from apps.workflows.effects.base import Answer, Call
from apps.workflows.expressions import JqProcess
from apps.workflows.interpreter.driver import TaskRecord, TaskStatus
from apps.workflows.interpreter.execute import Ending, RunInput, run_workflow, trigger_input
from apps.workflows.limits import HTTP_RETRIES, Limits
from apps.workflows.parsing import parse_definition
from apps.workflows.task_paths import iteration_path, task_path
from apps.workflows.values import Json
from tests.workflows.scripted import NONCE, START, ScriptedDriver, lines, run


def assign(name: str, **variables: str) -> Json:
    return {"name": name, "kind": "SET", "task_config": {"variables": variables}}


def loop(items: str, *do: Json, name: str = "loop") -> Json:
    return {"name": name, "kind": "FOR", "task_config": {"each": "item", "in": items, "do": list(do)}}


def fetch(name: str = "fetch") -> Json:
    return {"name": name, "kind": "HTTP_CALL", "task_config": {"method": "GET", "endpoint": {"uri": "http://x"}}}


def test_a_loop_gives_what_each_iteration_produced(evaluator: JqProcess) -> None:
    tasks = [
        loop("${ [range(1000)] }", assign("set", n="${ .item + 1 }", text="item ${ .index }", jq="${ .item | floor }"))
    ]
    outcome = run(tasks, evaluator)
    assert len(outcome.output) == 1000
    assert outcome.output[-1] == {"n": 1000, "text": "item 999", "jq": 999}


def test_a_loop_without_end_is_stopped(evaluator: JqProcess) -> None:
    driver = ScriptedDriver()
    tasks = [assign("a", x="1"), assign("b", x="2") | {"flow": {"then": "a"}}]
    outcome = run(tasks, evaluator, driver, limits=Limits(backward_jumps=50))
    assert outcome.ending is Ending.FAILED
    assert outcome.error is not None
    assert outcome.error["detail"] == "more than 50 jumps backwards, an endless loop perhaps"
    assert outcome.error["instance"] == "/b#51"
    assert lines(driver.records)[-1] == "/b#51 COMPLETED"


def test_a_loop_over_too_much_is_refused(evaluator: JqProcess) -> None:
    outcome = run([loop("${ [range(11)] }", assign("s", x="1"))], evaluator, limits=Limits(iterations=10))
    assert outcome.error is not None
    assert outcome.error["detail"] == "a loop over 11 items; at most 10 are allowed"


def test_a_long_loop_keeps_no_list_of_results(evaluator: JqProcess) -> None:
    outcome = run([loop("${ [range(11)] }", assign("s", x="${.item}"))], evaluator, limits=Limits(loop_results=10))
    assert outcome.output == {"iterations": 11, "last": {"x": 10}}


@pytest.mark.parametrize(
    "variables",
    [
        {"x": "${.x}${.x}"},
        {"x": "${ .x + .x }"},
        {"x": '${ "\\(.x)\\(.x)" }'},
        {"x": "${ [.x, .x] }"},
        {"x": "${ . }"},
        {"x": "${.grow}", "y": "${.grow}"},
    ],
    ids=str,
)
def test_a_value_cannot_grow_without_end(variables: dict[str, str], evaluator: JqProcess) -> None:
    tasks = [assign("start", x="xx"), loop("${ [range(60)] }", assign("grow", **variables))]
    outcome = run(tasks, evaluator, limits=Limits(value_characters=200_000))
    assert outcome.ending is Ending.FAILED
    assert outcome.error is not None
    assert "more than" in outcome.error["detail"] or "nested" in outcome.error["detail"]


@dataclasses.dataclass
class HangingDriver(ScriptedDriver):
    """An HTTP service that never answers."""

    reached: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def perform(self, call: Call[Answer]) -> Answer:
        self.calls.append(call)
        self.reached.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


async def cancel_when(
    tasks: list[Json], evaluator: JqProcess, driver: ScriptedDriver, ready: asyncio.Event | None
) -> None:
    running = asyncio.create_task(
        run_workflow(parse_definition({"tasks": tasks}), RunInput(), driver=driver, evaluator=evaluator)
    )
    if ready is None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    else:
        await ready.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_cancelling_ends_every_task_under_way(evaluator: JqProcess) -> None:
    driver = HangingDriver()
    tasks = [
        {"name": "guard", "kind": "TRY", "task_config": {"try": [fetch()], "catch": {"do": [assign("c", x="1")]}}},
        assign("z", x="1"),
    ]
    asyncio.run(cancel_when(tasks, evaluator, driver, driver.reached))
    assert lines(driver.records) == [
        "/guard IN_PROGRESS",
        "/guard/try/fetch IN_PROGRESS",
        "/guard/try/fetch FAILED",
        "/guard FAILED",
        "/z SKIPPED",
    ]
    error = driver.records[-2].error
    assert error is not None
    assert error["detail"] == "the run was cancelled"


def test_a_long_loop_can_be_cancelled_between_two_tasks(evaluator: JqProcess) -> None:
    driver = ScriptedDriver()
    asyncio.run(cancel_when([loop("${ [range(20000)] }", assign("s", x="1"))], evaluator, driver, None))
    assert driver.checkpoints < 1000


def test_half_of_a_character_in_an_expression_is_none(evaluator: JqProcess) -> None:
    raised = {"name": "r", "kind": "RAISE", "task_config": {"error": "Odd", "message": r'no ${ "\ud83d" + "a" }'}}
    outcome = run([raised], evaluator)
    assert outcome.error is not None
    assert outcome.error["detail"] == "no \ufffda"


class OddDriver(ScriptedDriver):
    """Raises what no driver should."""

    async def perform(self, call: Call[Answer]) -> Answer:
        raise ZeroDivisionError(call.path)


def test_what_nobody_expected_fails_its_task_and_can_be_caught(evaluator: JqProcess) -> None:
    driver = OddDriver()
    guard = {"try": [fetch()], "catch": {"do": [assign("note", said="${ .error.message }")]}}
    outcome = run([{"name": "guard", "kind": "TRY", "task_config": guard}], evaluator, driver)
    assert (outcome.ending, outcome.output) == (Ending.COMPLETED, {"said": "failed unexpectedly (ZeroDivisionError)"})
    assert "/guard/try/fetch FAILED" in lines(driver.records)


def test_every_task_of_the_list_is_visible_from_the_start(evaluator: JqProcess) -> None:
    driver = ScriptedDriver(http=[{"answer": {"body": {}}}])
    run([assign("a", x="1"), fetch("b"), loop("${ [1] }", assign("d", x="1"), name="c")], evaluator, driver)
    planned = [(record.path, record.kind) for record in driver.records if record.status is TaskStatus.PENDING]
    assert planned == [("/a", "SET"), ("/b", "HTTP_CALL"), ("/c", "FOR")]
    assert [record.status for record in driver.records[:3]] == [TaskStatus.PENDING] * 3


def test_a_record_has_arguments_result_and_times(evaluator: JqProcess) -> None:
    driver = ScriptedDriver(http=[{"answer": {"status": 500}}, {"answer": {"body": [1]}}])
    run([fetch()], evaluator, driver)
    arguments = {"method": "GET", "uri": "http://x"}
    _, begun, failed, waiting, again, done = driver.records
    assert begun == TaskRecord(
        "/fetch", "fetch", "HTTP_CALL", TaskStatus.IN_PROGRESS, input=arguments, started_at=START
    )
    assert failed.error is not None
    assert (failed.error["status"], failed.attempt, failed.ended_at) == (500, 1, START)
    assert (waiting.status, waiting.attempt, waiting.started_at) == (TaskStatus.PENDING, 2, None)
    assert (again.attempt, again.input, again.started_at) == (2, arguments, START + 1)
    assert (done.attempt, done.output, done.started_at, done.ended_at) == (2, [1], START + 1, START + 1)


def test_paths_cannot_be_mistaken() -> None:
    names = ["a", "a/b", "a[0]", "a#2", "a~1b", "try"]
    paths = {
        task_path(parent, name, visit)
        for parent in ("", "/a", iteration_path("/a", 0))
        for name in names
        for visit in (1, 2)
    }
    assert len(paths) == 3 * len(names) * 2
    assert task_path("/a", "b/c", 1) == "/a/b~1c"


def test_a_run_is_the_same_every_time(evaluator: JqProcess) -> None:
    case = yaml.safe_load((Path(__file__).parent / "cases" / "http_arguments.yaml").read_text())

    def once() -> tuple[str, str]:
        driver = ScriptedDriver(http=json.loads(json.dumps(case["http"])), secrets=case["secrets"])
        outcome = run(case["tasks"], evaluator, driver, start_input=case["input"], env_vars=case["env_vars"])
        return repr(driver.records), repr((outcome, driver.calls))

    assert once() == once()


def test_what_is_drawn_is_the_same_when_the_run_is_repeated_or_suspended(evaluator: JqProcess) -> None:
    tasks = [loop("${ [1, 2] }", assign("draw", a="${ uuid }", b="${ uuid }", c="${ random }"))]
    first, second = (run(tasks, evaluator, ScriptedDriver(suspends=suspends)).output for suspends in (False, True))
    assert first == second
    drawn = [value for each in first for value in each.values()]
    assert len(set(drawn)) == len(drawn) == 6


def test_no_secret_is_in_anything_but_the_call(evaluator: JqProcess) -> None:
    """Not in records, outcome, or the calls themselves before they are opened."""
    secret = "correct-horse-battery"
    driver = ScriptedDriver(http=[{"answer": {"status": 404, "body": {"echo": secret}}}], secrets={"KEY": secret})
    task = fetch()
    task["task_config"]["headers"] = {"Authorization": "Bearer ${.secrets.KEY}"}
    outcome = run([assign("s", k="${.secrets.KEY}"), task], evaluator, driver)
    seen = repr((driver.records, outcome, driver.calls))
    assert secret not in seen
    assert "********" in repr(driver.records[-1])
    assert NONCE not in repr((driver.records, outcome))


@pytest.mark.parametrize(
    ("uri", "detail"),
    [
        ("${ .secrets.KEY }", "GET ********: what the client says"),
        ("${ .secrets.KEY }/echo/more", "GET ********/echo/more: what the client says"),
        ("x${ .secrets.KEY }" + "y" * 100, "x********" + "y" * 70 + "… does not begin with http:// or https://"),
        ("http://me:pass@host/${ .secrets.KEY }", "GET http://********@host/********: what the client says"),
        ("my${ .secrets.KEY }://me:pass@host", "my********://********@host does not begin with http:// or https://"),
    ],
)
def test_an_address_with_a_secret_is_shown_without_it(uri: str, detail: str, evaluator: JqProcess) -> None:
    """A placeholder that was cut or folded was shown to people."""
    driver = ScriptedDriver(
        http=[{"failure": {"reason": "refused", "detail": "what the client says"}}], secrets={"KEY": "gopher-77"}
    )
    task = {"name": "get", "kind": "HTTP_CALL", "task_config": {"method": "GET", "endpoint": {"uri": uri}}}
    outcome = run([task], evaluator, driver)
    assert (outcome.error or {})["detail"] == detail
    assert "pass" not in repr((outcome, driver.records))


def test_secrets_need_a_nonce(evaluator: JqProcess) -> None:
    definition = parse_definition({"tasks": [assign("s", k="1")]})
    with pytest.raises(ValueError, match="nonce"):
        asyncio.run(
            run_workflow(definition, RunInput(secret_names=("A",)), driver=ScriptedDriver(), evaluator=evaluator)
        )


def test_a_trigger_is_the_input(evaluator: JqProcess) -> None:
    start = trigger_input("hello", {"branch": "main"})
    tasks = [assign("s", m="${ $input.trigger_message }", b="${ $input.branch }", all="${ $input.trigger_metadata }")]
    assert run(tasks, evaluator, start_input=start).output == {"m": "hello", "b": "main", "all": {"branch": "main"}}


@pytest.mark.parametrize(
    ("uri", "when", "missing"),
    [
        ("${ $input.host }/items", "${ true }", "$input.host"),
        ('${ "http://host/" + $input.order.id }', "${ true }", "$input.order.id"),
        ("http://host", "${ $input.amount > 100 }", "$input.amount"),
        ("http://host", '${ .a == "x" or ($input["the day"]) == "y" }', '$input["the day"]'),
    ],
)
def test_a_path_of_the_input_that_is_not_there_fails_its_task_before_anything_is_sent(
    uri: str, when: str, missing: str, evaluator: JqProcess
) -> None:
    driver = ScriptedDriver(http=[])
    cases = [{"name": "all", "when": when, "then": "get"}]
    switch = {"name": "choose", "kind": "SWITCH", "task_config": {"cases": cases}}
    get = {"name": "get", "kind": "HTTP_CALL", "task_config": {"method": "GET", "endpoint": {"uri": uri}}}
    outcome = run([switch, get], evaluator, driver, start_input={"order": {"number": 1}})
    assert f"{missing} is not in the input of the run" in (outcome.error or {})["detail"]


@pytest.mark.parametrize(
    "value",
    [
        "${ $input.amount }",
        "${ $input.amount // 3 > 2 }",
        "${ $input.amount == null }",
        "${ $input.amount != null and $input.amount > 3 }",
        "${ $input.amount? }",
    ],
)
def test_elsewhere_or_where_it_may_be_missing_it_is_null(value: str, evaluator: JqProcess) -> None:
    assert run([assign("see", it=value)], evaluator, start_input={}).error is None


def test_a_null_output_exports_itself_not_the_bag(evaluator: JqProcess) -> None:
    task = fetch() | {"export": {"as": "${.}"}}
    driver = ScriptedDriver(http=[{"answer": {"status": 204}}])
    outcome = run([assign("a", x="1"), task, assign("b", y="${.fetch}", none="${ .fetch == null }")], evaluator, driver)
    assert outcome.output == {"y": None, "none": True}


def test_a_flat_export_follows_its_task_and_yields_to_set(evaluator: JqProcess) -> None:
    driver = ScriptedDriver(http=[{"answer": {"body": {"n": n, "secrets": 1, "env_vars": 1}}} for n in (1, 2, 3)])
    again = fetch() | {"export": {"as": "${.}"}}
    show = assign("show", n="${.n}")
    other = fetch("other") | {"export": {"as": "${.}"}}
    last = assign("last", n="${.n}", env="${.env_vars}")
    tasks = [loop("${ [1, 2] }", again, assign("see", seen="${.n}")), other, assign("free", seen="${.n}"), show, last]
    assert run(tasks, evaluator, driver).output == {"n": 2, "env": {}}


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, None), (6, None)])
def test_retries_wait_longer_each_time(attempt: int, seconds: float | None) -> None:
    assert HTTP_RETRIES.delay(attempt) == seconds


def test_no_retry_waits_longer_than_a_minute() -> None:
    assert dataclasses.replace(HTTP_RETRIES, attempts=20).delay(15) == 60


@pytest.mark.parametrize(
    ("build", "seconds", "detail"),
    [
        (lambda: assign("s", x="${ last(repeat(1)) }"), 0.5, "longer than"),
        (lambda: assign("s", x='${ "x" * 1e7 }'), 60, "at most 8,388,608 are allowed"),
        (lambda: assign("s", x="${ def f: f; f }"), 0.5, "longer than"),
        (lambda: assign("s", x="${ reduce range(5000) as $i (0; [.]) }"), 60, "nested"),
    ],
)
def test_an_expression_that_explodes_fails_its_task(build: Callable[[], Json], seconds: float, detail: str) -> None:
    with JqProcess(seconds=seconds) as limited:
        outcome = run([build()], limited)
    assert outcome.error is not None
    assert outcome.error["detail"].startswith("expression `")
    assert detail in outcome.error["detail"]
