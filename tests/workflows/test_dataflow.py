"""What a branch asks of its data, by the interface that every form of data flow fills."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from apps.workflows.dataflow.bag import Bag
from apps.workflows.dataflow.base import DataFlow, Done, RunFacts
from apps.workflows.definition import Config, Task
from apps.workflows.errors import TaskFailed
from apps.workflows.expressions import JqProcess, Scope, Template, compile_template
from apps.workflows.limits import Limits
from apps.workflows.values import Json

FACTS = RunFacts(variables={"input": {"id": 7}}, limits=Limits(value_characters=1000))


@dataclass
class Passing:
    """A task that enters and leaves."""

    task: Task
    evaluator: JqProcess
    variables: Mapping[str, Json] = field(default_factory=lambda: {"task": {"name": "t"}})

    def evaluate(self, template: Template, scope: Scope | None = None) -> Json:
        assert scope is not None
        return template.evaluate(scope, self.evaluator)


@pytest.fixture
def flow() -> DataFlow:
    return Bag(FACTS, {"env_vars": {}})


def passing(evaluator: JqProcess, name: str, export: str = "") -> Passing:
    task = Task(name, "SET", Config(), f"spec.tasks.{name}", compile_template(export) if export else None)
    return Passing(task, evaluator)


def leave(flow: DataFlow, task: Passing, output: Json, *, keeps_data: bool = False, sets_data: bool = False) -> Json:
    flow.enter(task)
    return flow.leave(task, Done(output, keeps_data=keeps_data, sets_data=sets_data))


def seen(flow: DataFlow, text: str, evaluator: JqProcess, *, over_value: bool = False) -> Json:
    return compile_template(text).evaluate(flow.scope({"task": {"name": "t"}}, over_value=over_value), evaluator)


def test_what_a_task_has_produced_is_handed_on(flow: DataFlow, evaluator: JqProcess) -> None:
    assert leave(flow, passing(evaluator, "fetch"), {"n": 1}) == {"n": 1}
    assert flow.output == {"n": 1}
    assert seen(flow, "${ [.fetch.n, $output.n, $input.id, $task.name] }", evaluator) == [1, 1, 7, "t"]


def test_what_a_task_exports_is_handed_on_in_its_place(flow: DataFlow, evaluator: JqProcess) -> None:
    leave(flow, passing(evaluator, "fetch", "${ {a: .n, id: $input.id, by: $task.name} }"), {"n": 1})
    assert seen(flow, "${ [.fetch.a, .id, .by] }", evaluator) == [1, 7, "t"]
    assert seen(flow, "${ .a }", evaluator, over_value=True) == 1


def test_a_task_that_only_steers_changes_nothing(flow: DataFlow, evaluator: JqProcess) -> None:
    before = flow.state()
    assert leave(flow, passing(evaluator, "choose"), {"case": "x"}, keeps_data=True) == {"case": "x"}
    assert flow.state() == before


def test_entries_that_a_task_sets_are_kept_one_by_one(flow: DataFlow, evaluator: JqProcess) -> None:
    leave(flow, passing(evaluator, "both"), {"both": 1, "other": 2}, sets_data=True)
    assert seen(flow, "${ [.both, .other] }", evaluator) == [1, 2]


def test_what_is_too_large_fails_the_task_and_is_not_kept(flow: DataFlow, evaluator: JqProcess) -> None:
    before = flow.state()
    with pytest.raises(TaskFailed, match="more than 1,000 characters"):
        leave(flow, passing(evaluator, "big"), {"x": "x" * 2000}, sets_data=True)
    assert flow.state() == before


def test_bound_names_mean_again_what_they_meant(flow: DataFlow, evaluator: JqProcess) -> None:
    flow.bind({"item": "before"})
    before = flow.bound(["item", "index"])
    flow.bind({"item": 1, "index": 0})
    assert seen(flow, "${ [.item, .index] }", evaluator) == [1, 0]
    flow.unbind(["item", "index"], before)
    assert seen(flow, "${ [.item, .index] }", evaluator) == ["before", None]


def test_a_caught_error_is_shown_until_its_task_forgets_it(flow: DataFlow, evaluator: JqProcess) -> None:
    flow.catch(["error"], {"status": 404}, "first")
    flow.catch(["e", "error"], {"status": 500}, "second")
    flow.forget_caught("first")
    assert seen(flow, "${ [.e.status, .error.status] }", evaluator) == [500, 500]
    flow.forget_caught("second")
    assert seen(flow, "${ [.e, .error] }", evaluator) == [None, None]


def test_a_branch_sees_what_there_was_and_keeps_what_it_sets(flow: DataFlow, evaluator: JqProcess) -> None:
    leave(flow, passing(evaluator, "before"), 1)
    split = flow.split()
    leave(split, passing(evaluator, "inside"), 2)
    leave(flow, passing(evaluator, "outside"), 3)
    assert seen(split, "${ [.before, .inside, .outside] }", evaluator) == [1, 2, None]
    assert seen(flow, "${ [.before, .inside, .outside] }", evaluator) == [1, None, 3]


def test_it_goes_on_from_plain_data(flow: DataFlow, evaluator: JqProcess) -> None:
    leave(flow, passing(evaluator, "fetch", "${ . }"), {"n": 1})
    flow.catch(["error"], {"status": 404}, "try")
    state = json.loads(json.dumps(flow.state()))
    again = flow.restored(state)
    leave(flow, passing(evaluator, "later"), 5)
    again.forget_caught("try")
    leave(again, passing(evaluator, "fetch", "${ . }"), {"n": 2})
    assert seen(again, "${ [.n, .error, .later] }", evaluator) == [2, None, None]
