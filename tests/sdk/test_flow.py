"""Blocks, exports, and where the flow goes."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stigmer import DefinitionError, Retry, Value, Workflow, case, data, otherwise

from .messages import as_dict, tasks_of


def names(wf: Workflow) -> list[str]:
    return [task["name"] for task in tasks_of(wf)]


def test_a_result_that_is_used_is_exported(wf: Workflow) -> None:
    used = wf.http_get("used", "https://example.com")
    wf.http_get("unused", "https://example.com")
    wf.set("vars", title=used["title"])
    assert [task.get("export") for task in tasks_of(wf)] == [{"as": "${.}"}, None, None]


def test_an_export_of_its_own_stays(wf: Workflow) -> None:
    fetch = wf.http_get("fetch", "https://example.com").export_as(data.body.items)
    wf.set("vars", first=fetch[0]["id"])
    fetch_task, vars_task = tasks_of(wf)
    assert fetch_task["export"] == {"as": "${.body.items}"}
    assert vars_task["task_config"]["variables"] == {"first": '${ $context["fetch"][0].id }'}


def test_an_export_may_be_written_in_jq(wf: Workflow) -> None:
    wf.http_get("fetch", "https://example.com").export_as("${ .items | length }")
    assert tasks_of(wf)[0]["export"] == {"as": "${ .items | length }"}


def test_a_task_belongs_only_to_its_block(wf: Workflow) -> None:
    with wf.for_each("each", data.rows) as row:
        with wf.try_("guard") as guard:
            wf.set("inner", id=row.id)
        with guard.catch() as error:
            wf.set("caught", why=error.message)
    wf.wait("after", 1)
    assert names(wf) == ["each", "after"]
    (guard_task,) = tasks_of(wf)[0]["task_config"]["do"]
    assert [task["name"] for task in guard_task["taskConfig"]["try"]] == ["inner"]
    assert [task["name"] for task in guard_task["taskConfig"]["catch"]["do"]] == ["caught"]


def test_exports_and_flow_stand_inside_blocks_too(wf: Workflow) -> None:
    with wf.for_each("each", [1, 2]) as number:
        seen = wf.set("seen", n=number).then("exit")
        wf.set("again", n=seen["n"])
    inner = tasks_of(wf)[0]["task_config"]["do"][0]
    assert (inner["export"], inner["flow"]) == ({"as": "${.}"}, {"then": "exit"})
    assert tasks_of(wf)[0]["task_config"]["in"] == "${ [1, 2] }"


def test_a_loop_may_work_on_several_elements_at_once(wf: Workflow) -> None:
    with wf.for_each("each", [1, 2], concurrency=8) as number:
        wf.set("seen", n=number)
    with wf.for_each("one by one", [1, 2], each="other", concurrency=1) as other:
        wf.set("seen too", n=other)
    assert [task["task_config"].get("concurrency") for task in as_dict(wf.to_message())["spec"]["tasks"]] == [8, None]


def test_a_workflow_may_be_started_without_waiting(wf: Workflow) -> None:
    wf.run("wait for", "clean-up")
    wf.run("only start", "clean-up", wait=False)
    assert [task["task_config"].get("await") for task in as_dict(wf.to_message())["spec"]["tasks"]] == [None, False]


def test_a_catch_says_what_it_is_for_and_how_often_to_try_again(wf: Workflow) -> None:
    with wf.try_("load") as load:
        wf.set("a", x="1")
    with load.catch("why", errors=["timeout"], when="${ .why.status == 408 }", retry={"limit": 3, "delay": "PT1S"}):
        wf.set("b", x="1")
    with wf.try_("again") as again:
        wf.set("c", x="1")
    again.catch(retry={"limit": 2})
    first, second = (each["task_config"]["catch"] for each in as_dict(wf.to_message())["spec"]["tasks"])
    assert (first["errors"], first["when"]) == (["timeout"], "${ .why.status == 408 }")
    assert first["retry"] == {"limit": 3, "delay": "PT1S"}
    assert second == {"as": "error", "retry": {"limit": 2}}


def test_a_task_that_calls_says_how_often_to_try_again(wf: Workflow) -> None:
    retry: Retry = {"limit": 3, "delay": timedelta(seconds=90), "backoff": "exponential", "errors": ["timeout"]}
    wf.http_get("get", "https://example.com", retry=retry)
    wf.http_post("post", "https://example.com", retry={"delay": 0.5})
    wf.grpc("grpc", "localhost:1/a.B", "C", retry={"delay": "PT1S"})
    wf.call_activity("activity", "train", retry={"delay": {"minutes": 1}})
    wf.run("run", "clean-up", retry={"limit": 2})
    wf.call_agent("agent", "clerk", "Go.", retry={})
    wf.http_get("none", "https://example.com")
    found = [task["task_config"].get("retry") for task in as_dict(wf.to_message())["spec"]["tasks"]]
    first = {"limit": 3, "delay": 90, "backoff": "exponential", "errors": ["timeout"]}
    assert found == [first, {"delay": 0.5}, {"delay": "PT1S"}, {"delay": {"minutes": 1}}, {"limit": 2}, {}, None]


@pytest.mark.parametrize(
    ("retry", "problem"),
    [
        ({"times": 3}, r"retry\['times'\] is not known: a retry has limit, delay, backoff, errors"),
        ({"limit": 101}, r"retry\['limit'\] must be from 1 to 100, not 101"),
        ({"limit": "3"}, r"retry\['limit'\] must be a whole number"),
        ({"backoff": "slow"}, r"retry\['backoff'\] must be one of constant, linear, exponential, not 'slow'"),
        ({"delay": [1]}, r"retry\['delay'\] must be a number of seconds, a timedelta or ISO 8601, not"),
        ({"errors": "timeout"}, r"retry\['errors'\] must be"),
        (3, r"retry must be a dict"),
    ],
)
def test_a_retry_that_makes_no_sense_is_refused_where_it_is_written(wf: Workflow, retry: Any, problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        wf.http_get("get", "https://example.com", retry=retry)


def test_a_wait_has_many_forms(wf: Workflow) -> None:
    wf.wait("a", timedelta(milliseconds=1500))
    wf.wait("b", wf.input.seconds)
    wf.wait("c", until=datetime(2026, 12, 24, 18, tzinfo=UTC))
    wf.wait("d", until=wf.input.moment)
    configs = [each["task_config"] for each in as_dict(wf.to_message())["spec"]["tasks"]]
    assert configs == [
        {"duration": {"seconds": 1.5}},
        {"seconds": "${ $input.seconds }"},
        {"until": "2026-12-24T18:00:00+00:00"},
        {"until": "${ $input.moment }"},
    ]
    with pytest.raises(DefinitionError, match="one of them"):
        wf.wait("e")


def test_an_activity_has_a_queue_and_a_time_limit(wf: Workflow) -> None:
    wf.call_activity("train", "train_model", task_queue="models", timeout_seconds=60)
    config = as_dict(wf.to_message())["spec"]["tasks"][0]["task_config"]
    assert config == {"activity": "train_model", "task_queue": "models", "timeout_seconds": 60}


def test_a_grpc_call_may_have_metadata_and_a_time_limit(wf: Workflow) -> None:
    wf.grpc("find", "localhost:9000/shop.Orders", "Find", metadata={"x-key": wf.input.key}, timeout_seconds=5)
    config = as_dict(wf.to_message())["spec"]["tasks"][0]["task_config"]
    assert (config["metadata"], config["timeout_seconds"]) == ({"x-key": "${ $input.key }"}, 5)


def test_the_flow_goes_to_tasks_by_object_or_name_back_and_forth(wf: Workflow) -> None:
    first = wf.wait("first", 1).then("third")
    wf.wait("second", 1).then(first)
    wf.switch("third", case("again", when=data.again, then=first), otherwise("fourth"))
    wf.wait("fourth", 1).then("continue")
    flows = [task.get("flow", {}).get("then") for task in tasks_of(wf)]
    assert flows == ["third", "first", None, "continue"]


def test_a_block_is_left_by_exit_not_by_name(wf: Workflow) -> None:
    with wf.for_each("each", data.rows):
        wf.wait("pause", 1).then("after")
    wf.wait("after", 1)
    with pytest.raises(DefinitionError, match='WAIT task "pause": then goes to "after": no such task here'):
        wf.to_message()


def test_an_unknown_target_is_refused_with_the_line_that_names_it(wf: Workflow) -> None:
    first = wf.wait("first", 1)
    first.then("nowhere")
    with pytest.raises(DefinitionError, match='WAIT task "first": then goes to "nowhere"') as caught:
        wf.to_message()
    assert caught.value.place.line == first.place.line + 1
    wf.switch(
        "route",
        otherwise("elsewhere"),
    )
    first.then("route")
    with pytest.raises(DefinitionError, match='SWITCH task "route": case "default" goes to "elsewhere"') as caught:
        wf.to_message()
    assert caught.value.place.line == first.place.line + 7


def test_nothing_goes_into_a_block_from_outside(wf: Workflow) -> None:
    with wf.for_each("each", data.rows):
        wf.wait("inside", 1)
    wf.switch("route", case("a", when=data.x, then="inside"))
    with pytest.raises(DefinitionError, match='SWITCH task "route": case "a" goes to "inside"'):
        wf.to_message()


def test_names_are_unique_in_the_whole_workflow(wf: Workflow) -> None:
    wf.wait("pause", 1)
    with (
        pytest.raises(DefinitionError, match=r'name "pause" is taken by the task at .*test_flow\.py:\d+: results'),
        wf.for_each("each", data.rows),
    ):
        wf.wait("pause", 1)


def test_an_empty_workflow_is_refused(wf: Workflow) -> None:
    with pytest.raises(DefinitionError, match=r'Workflow\("golden"\): tasks must be at least one'):
        wf.to_message()


def test_an_empty_block_is_refused_where_it_closes(wf: Workflow) -> None:
    with pytest.raises(DefinitionError, match='FOR task "each": its block has no tasks'), wf.for_each("each", data.x):
        pass


def test_a_block_that_is_never_opened_is_refused(wf: Workflow) -> None:
    wf.for_each("each", data.rows)
    with pytest.raises(DefinitionError, match='FOR task "each": do has no tasks: open it with `with`'):
        wf.to_message()


def test_a_block_opens_once(wf: Workflow) -> None:
    loop = wf.for_each("each", data.rows)
    with loop:
        wf.wait("a", 1)
    with pytest.raises(DefinitionError, match='FOR task "each": its block was opened before'), loop:
        wf.wait("b", 1)


def test_nested_loops_name_their_elements_apart(wf: Workflow) -> None:
    with wf.for_each("outer", data.orders, each="order") as order:  # noqa: SIM117 - that is how users write it
        with wf.for_each("inner", order.lines, each="line") as line:
            wf.set("sum", both=order.discount * line.price)
    with wf.for_each("next", data.orders, each="order") as order:
        wf.set("again", id=order.id)
        inner = wf.for_each("clash", order.lines, each="order")
        with pytest.raises(DefinitionError, match='FOR task "clash": each "order" is taken by a loop around it'), inner:
            pass


def test_an_error_inside_a_block_is_the_one_that_is_told(wf: Workflow) -> None:
    with pytest.raises(ZeroDivisionError), wf.try_("guard"):
        raise ZeroDivisionError
    wf.wait("after", 1)
    with pytest.raises(DefinitionError, match='TRY task "guard": try has no tasks'):
        wf.to_message()


def blocks_within_blocks(wf: Workflow, depth: int) -> None:
    with ExitStack() as blocks:
        for level in range(depth):
            blocks.enter_context(wf.for_each(f"loop {level}", data.rows, each=f"row_{level}"))
        wf.wait("pause", 1)


def values_within_values(wf: Workflow, depth: int) -> None:
    value: Value = 1
    for _ in range(depth):
        value = [value]
    wf.http_post("send", "https://example.com", body={"value": value})


@pytest.mark.parametrize(("build", "most"), [(blocks_within_blocks, 10), (values_within_values, 42)])
def test_what_could_not_be_read_again_is_refused(build: Callable[[Workflow, int], None], most: int) -> None:
    workflow = Workflow("at most")
    build(workflow, most)
    sent = workflow.to_message().SerializeToString()
    assert type(workflow.to_message()).FromString(sent).metadata.slug == "at-most"
    workflow = Workflow("too deep")
    build(workflow, most + 1)
    with pytest.raises(DefinitionError, match=r'task "(loop 0|send)": what it holds is nested too deeply'):
        workflow.check()


def test_a_try_has_one_catch(wf: Workflow) -> None:
    with wf.try_("guard") as guard:
        wf.wait("a", 1)
    with guard.catch():
        wf.wait("b", 1)
    with pytest.raises(DefinitionError, match='TRY task "guard": catch is there already'):
        guard.catch()


def one_branch(wf: Workflow) -> None:
    with wf.fork("both") as both, both.branch("a"):
        wf.wait("w", 1)


def no_branch(wf: Workflow) -> None:
    with wf.fork("both"):
        wf.wait("w", 1)


def one_branch_twice(wf: Workflow) -> None:
    with wf.fork("both") as both:
        with both.branch("a"):
            wf.wait("w", 1)
        both.branch("a")


@pytest.mark.parametrize(
    ("build", "complaint"),
    [
        (one_branch, 'FORK task "both": branches must be at least 2, not 1'),
        (no_branch, 'WAIT task "w": it must stand in a branch of FORK task "both"'),
        (one_branch_twice, 'FORK task "both": branches has "a" twice'),
    ],
)
def test_a_fork_has_two_or_more_branches_and_nothing_else(
    wf: Workflow, build: Callable[[Workflow], None], complaint: str
) -> None:
    with pytest.raises(DefinitionError, match=complaint):
        build(wf)


def test_an_attribute_of_a_task_is_no_part_of_its_result(wf: Workflow) -> None:
    fetch = wf.http_get("fetch", "https://example.com")
    with pytest.raises(
        DefinitionError, match=r'body is no attribute of a task: a part of its result is task\["body"\]'
    ):
        fetch.body  # type: ignore[attr-defined] # noqa: B018 - what the test is about


def test_a_result_cannot_be_looped_over_while_the_program_runs(wf: Workflow) -> None:
    fetch = wf.http_get("fetch", "https://example.com")
    with pytest.raises(DefinitionError, match=r'context\["fetch"\] \} has no value .*: use wf\.for_each'):
        list(fetch)
