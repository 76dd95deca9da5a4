"""A run as a tree of branches: side by side, suspended and taken up as a whole, ended together.

No kind of task of this version has branches, so FORK is given a run of the tests' own.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from apps.workflows.dataflow.bag import Bag
from apps.workflows.dataflow.base import Done, RunFacts
from apps.workflows.effects.base import Answer, Call
from apps.workflows.expressions import JqProcess
from apps.workflows.interpreter.branch import Branch
from apps.workflows.interpreter.execute import Ending, RunInput, run_workflow
from apps.workflows.interpreter.run import Run
from apps.workflows.interpreter.suspension import Suspended, revived
from apps.workflows.parsing import parse_definition
from apps.workflows.steps import TABLE, fork
from apps.workflows.steps.base import Step
from apps.workflows.steps.context import Body, TaskContext
from apps.workflows.values import Json
from tests.workflows.scripted import ScriptedDriver, lines, run


async def run_all(active: TaskContext, config: fork.ForkConfig) -> Done:
    if active.next_frame() is None:
        active.begin()
    with active.framed(dict):
        bodies = [Body(f"{active.path}/{name}", tasks, {"branch": name}) for name, tasks in config.branches]
        produced = await active.run_branches(bodies)
    return Done(dict(zip((name for name, _ in config.branches), produced, strict=True)))


@pytest.fixture(autouse=True)
def _forks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "FORK", Step(fork.parse, run_all))


def assign(name: str, **variables: str) -> Json:
    return {"name": name, "kind": "SET", "task_config": {"variables": variables}}


def wait(name: str = "rest") -> Json:
    return {"name": name, "kind": "WAIT", "task_config": {"seconds": 1}}


def fetch(name: str) -> Json:
    return {"name": name, "kind": "HTTP_CALL", "task_config": {"method": "GET", "endpoint": {"uri": "http://x"}}}


def side_by_side(name: str, **branches: list[Json]) -> Json:
    config = {"branches": [{"name": branch, "do": do} for branch, do in branches.items()]}
    return {"name": name, "kind": "FORK", "task_config": config}


def loop(name: str, *do: Json) -> Json:
    return {"name": name, "kind": "FOR", "task_config": {"each": "item", "in": "${ [1, 2, 3] }", "do": list(do)}}


def guard(name: str, *do: Json) -> Json:
    broken = {"name": "broken", "kind": "RAISE", "task_config": {"error": "CallHTTP error", "message": "no"}}
    return {"name": name, "kind": "TRY", "task_config": {"try": [broken], "catch": {"do": list(do)}}}


TREE = [
    assign("begin", n="${ 10 }"),
    side_by_side(
        "fork",
        short=[assign("one", n="${ .n + 1 }")],
        loops=[loop("each", assign("add", n="${ .n + .item }"), wait(), assign("see", is_first="${ .index == 0 }"))],
        guards=[
            guard("try", wait(), assign("same", is_http='${ .error.type == "communication" }')),
            assign("after", still='${ .error.type == "communication" }', n="${ .n }", branch="${ .branch }"),
        ],
        forks=[
            assign("two", n="${ .n * 2 }"),
            side_by_side(
                "inner",
                a=[wait(), assign("a", n="${ .n + 1 }")],
                b=[loop("each", assign("b", n="${ .n + 1 }"))],
            ),
            assign("last", inner="${ .inner }", n="${ .n }"),
        ],
    ),
    assign("finish", fork="${ .fork }", n="${ .n }", branch="${ .branch }"),
]


@pytest.mark.parametrize("suspends", [False, True], ids=["at once", "suspended after every task"])
def test_a_tree_of_branches_runs_to_its_end(suspends: bool, evaluator: JqProcess) -> None:
    driver = ScriptedDriver(suspends=suspends)
    outcome = run(TREE, evaluator, driver)
    assert outcome.output == {
        "fork": {
            "short": {"n": 11},
            "loops": [{"is_first": True}, {"is_first": False}, {"is_first": False}],
            "guards": {"still": True, "n": 10, "branch": "guards"},
            "forks": {"inner": {"a": {"n": 21}, "b": [{"n": 21}, {"n": 22}, {"n": 23}]}, "n": 20},
        },
        # What a branch sets is its own.
        "n": 10,
        "branch": None,
    }
    told = lines(driver.records)
    assert len(told) == len(set(told)), "a task was begun or ended twice"
    assert sorted(told) == sorted(lines(at_once(evaluator).records))
    assert driver.slept == [1] * 5


def at_once(evaluator: JqProcess) -> ScriptedDriver:
    driver = ScriptedDriver()
    run(TREE, evaluator, driver)
    return driver


def test_a_suspended_tree_is_plain_data_with_a_state_for_each_branch(evaluator: JqProcess) -> None:
    tasks = [side_by_side("fork", a=[assign("x", n="1")], b=[assign("y", n="2"), assign("z", n="3")])]
    work = run_workflow(
        parse_definition({"tasks": tasks}), RunInput(), driver=ScriptedDriver(suspends=True), evaluator=evaluator
    )
    with pytest.raises(Suspended) as caught:
        asyncio.run(work)
    state = dataclasses.asdict(caught.value.state)
    assert json.loads(json.dumps(state)) == state
    branches = state["frames"][0]["branches"]
    assert [branch["data"]["bag"]["n"] for branch in branches] == ["1", "2"]
    assert [branch["frames"][0]["index"] for branch in branches] == [1, 1]


@dataclasses.dataclass
class HangingDriver(ScriptedDriver):
    """Calls never end, but for those of tasks called `broken`."""

    reached: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def perform(self, call: Call[Answer]) -> Answer:
        self.calls.append(call)
        if call.path.endswith("/broken"):
            return await super().perform(call)
        if sum(not each.path.endswith("/broken") for each in self.calls) == 2:
            self.reached.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


HANGING = [side_by_side("fork", a=[fetch("x"), assign("never", n="1")], b=[guard("try", fetch("y"))])]


def test_a_branch_that_fails_ends_the_others(evaluator: JqProcess) -> None:
    broken = {"name": "broken", "kind": "RAISE", "task_config": {"error": "Odd", "message": "no"}}
    tasks = [side_by_side("fork", a=[fetch("x"), assign("never", n="1")], b=[broken], c=[fetch("y")])]
    driver = HangingDriver()
    outcome = run(tasks, evaluator, driver)
    assert outcome.ending is Ending.FAILED
    assert outcome.error is not None
    assert (outcome.error["type"], outcome.error["instance"]) == ("Odd", "/fork/b/broken")
    assert lines(driver.records) == [
        "/fork IN_PROGRESS",
        "/fork/a/x IN_PROGRESS",
        "/fork/b/broken FAILED",
        "/fork/a/x FAILED",
        "/fork/a/never SKIPPED",
        "/fork FAILED",
    ]


@pytest.fixture
def branch(evaluator: JqProcess) -> tuple[HangingDriver, Branch]:
    driver = HangingDriver()
    return driver, Branch(Run(driver, evaluator), Bag(RunFacts()))


def test_each_branch_has_its_own_task_under_way_until_all_are_cancelled(branch: tuple[HangingDriver, Branch]) -> None:
    driver, root = branch

    async def cancel_when_reached() -> list[str]:
        running = asyncio.ensure_future(root.run_list(parse_definition({"tasks": HANGING}).tasks, root.place))
        await driver.reached.wait()
        under_way = list(root.under_way())
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return under_way

    assert asyncio.run(cancel_when_reached()) == ["/fork/a/x", "/fork/b/try/catch/y"]
    assert list(root.under_way()) == []
    ended = [(record.path, record.status) for record in driver.records if record.ended_at is not None]
    assert {status for path, status in ended if not path.endswith("/broken")} == {"FAILED"}
    assert [path for path, _ in ended][-1] == "/fork"


def test_a_run_that_was_suspended_before_there_were_branches_goes_on(evaluator: JqProcess) -> None:
    tasks = [guard("try", assign("in", n="${ .n + 1 }"), assign("then", same='${ .error.type == "communication" }'))]
    caught = {"type": "CallHTTP error", "message": "no", "status": 500}
    state = {
        "bag": {"env_vars": {}, "n": 4, "in": {"n": 4}, "error": caught},
        "output": {"n": 4},
        "current": {"n": 4},
        "caught": {"error": "spec.tasks[0]"},
        "spread": {},
        "jumps": 3,
        "frames": [
            {"index": 1, "visits": {"in": 1}, "produced": {"n": 4}},
            {"half": "catch"},
            {"started_at": 1.0, "input": None},
            {"index": 0, "visits": {"try": 1}, "produced": None},
        ],
        "error_types": [["bag", "error", "type"]],
    }
    work = run_workflow(
        parse_definition({"tasks": tasks}),
        RunInput(),
        driver=ScriptedDriver(),
        evaluator=evaluator,
        state=revived(state),
    )
    assert asyncio.run(work).output == {"same": True}
