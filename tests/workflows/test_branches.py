"""A run as a tree of branches: side by side, suspended and taken up as a whole, ended together."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest

from apps.workflows.dataflow.bag import Bag
from apps.workflows.dataflow.base import RunFacts
from apps.workflows.effects.base import Answer, Call
from apps.workflows.effects.listen import ListenCall
from apps.workflows.expressions import JqProcess
from apps.workflows.interpreter.branch import Branch
from apps.workflows.interpreter.execute import Ending, RunInput, run_workflow
from apps.workflows.interpreter.run import Run
from apps.workflows.interpreter.suspension import Suspend, Suspended, revived
from apps.workflows.limits import Limits
from apps.workflows.parsing import parse_definition
from apps.workflows.values import Json
from tests.workflows.scripted import ScriptedDriver, lines, run


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
            assign("after", still='${ .error.type == "communication" }', n="${ .n }"),
        ],
        forks=[
            assign("two", n="${ .n * 2 }"),
            side_by_side(
                "inner",
                a=[wait(), assign("a", n="${ .n + 1 }")],
                b=[loop("each", assign("b", n="${ .n + 1 }"))],
            ),
            assign("last", inner="${ .inner.branches }", n="${ .n }"),
        ],
    ),
    assign("finish", fork="${ .fork.branches }", n="${ .n }"),
]


@pytest.mark.parametrize("suspends", [False, True], ids=["at once", "suspended after every task"])
def test_a_tree_of_branches_runs_to_its_end(suspends: bool, evaluator: JqProcess) -> None:
    driver = ScriptedDriver(suspends=suspends)
    outcome = run(TREE, evaluator, driver)
    assert outcome.output == {
        "fork": {
            "short": {"n": 11},
            "loops": [{"is_first": True}, {"is_first": False}, {"is_first": False}],
            "guards": {"still": True, "n": 10},
            "forks": {"inner": {"a": {"n": 21}, "b": [{"n": 21}, {"n": 22}, {"n": 23}]}, "n": 20},
        },
        # What a branch sets is its own.
        "n": 10,
    }
    told = lines(driver.records)
    assert len(told) == len(set(told)), "a task was begun or ended twice"
    assert sorted(told) == sorted(lines(at_once(evaluator).records))
    assert driver.slept == [1] * 5


def at_once(evaluator: JqProcess) -> ScriptedDriver:
    driver = ScriptedDriver()
    run(TREE, evaluator, driver)
    return driver


class LeavingDriver(ScriptedDriver):
    """Long waits are left once each, half through: a branch beside them was suspended."""

    def __init__(self, **given: Json) -> None:
        super().__init__(**given)
        self.left: set[str | float] = set()

    async def perform(self, call: Call[Answer]) -> Answer:
        if isinstance(call, ListenCall) and call.path not in self.left:
            self.left.add(call.path)
            raise Suspend
        return await super().perform(call)

    async def sleep(self, seconds: float, *, may_be_left: bool = False) -> None:
        if may_be_left and seconds not in self.left:
            self.left |= {seconds, seconds / 2}
            await super().sleep(seconds / 2)
            raise Suspend
        await super().sleep(seconds)


@pytest.mark.parametrize("is_alone", [True, False], ids=["alone", "in a branch"])
def test_what_is_left_out_of_a_wait_goes_on_with_all_it_knew(is_alone: bool, evaluator: JqProcess) -> None:
    """The rest of the time is waited for, from when it was until then, and counted as one wait."""
    signals = [{"id": "go", "type": "signal"}]
    ear = {"name": "ear", "kind": "LISTEN", "task_config": {"to": {"mode": "one", "signals": signals}}}
    rest = {"name": "rest", "kind": "WAIT", "task_config": {"seconds": "${ .n }"}}
    tasks = [assign("begin", n="${ 60 }"), ear, rest, assign("sum", n="${ .n + 60 }", said="${ .ear }")]
    driver = LeavingDriver(others={"listen": [{"answer": {"output": "x"}}]})
    outcome = run(tasks if is_alone else [side_by_side("fork", a=tasks, b=[assign("b", n="1")])], evaluator, driver)
    expected = {"n": 120, "said": "x"}
    assert outcome.output == (expected if is_alone else {"a": expected, "b": {"n": "1"}}), outcome
    assert driver.slept == ([60] if is_alone else [30, 30])
    told = lines(driver.records)
    assert len(told) == len(set(told)), "a task was begun or ended twice"


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

    async def sleep(self, seconds: float, *, may_be_left: bool = False) -> None:
        del may_be_left
        for _ in range(10):  # until every branch has begun
            await asyncio.sleep(0)
        await super().sleep(seconds)


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


def test_the_first_to_end_well_cancels_the_others(evaluator: JqProcess) -> None:
    """One that fails ends nobody; what a loser had sent, if it may change something, is in doubt."""
    broken = {"name": "bad", "kind": "RAISE", "task_config": {"error": "Odd", "message": "no"}}
    post = fetch("send")
    post["task_config"] |= {"method": "POST"}
    inner = side_by_side("deep", x=[fetch("get")], y=[assign("quick", n="1")])
    race = side_by_side(
        "race", a=[post], b=[inner], c=[broken], d=[wait(), assign("win", n="2"), assign("more", m="3")]
    )
    race["task_config"]["compete"] = True
    driver = HangingDriver()
    outcome = run([race, assign("see", won="${ .race.branches }", lost="${ .race.a }")], evaluator, driver)
    assert outcome.output == {"won": {"d": {"m": "3"}}, "lost": None}
    assert all(call.is_beside_waits for call in driver.calls), "a request keeps the wait beside it from Temporal"
    told = {record.path: record for record in driver.records}
    lost = {path: (record.error or {}).get("detail") for path, record in told.items() if record.status == "FAILED"}
    assert lost == {
        "/race/a/send": "cancelled, because branch d was first; what it had sent may have been done",
        "/race/b/deep/x/get": "cancelled, because branch d was first",
        "/race/b/deep": "cancelled, because branch d was first",
        "/race/c/bad": "no",
    }


@dataclasses.dataclass
class LateDriver(ScriptedDriver):
    """Suspends the run once; calls wait until then, and long waits are left then."""

    is_open: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def perform(self, call: Call[Answer]) -> Answer:
        while not self.slept:
            await asyncio.sleep(0)
        return await super().perform(call)

    async def sleep(self, seconds: float, *, may_be_left: bool = False) -> None:
        assert may_be_left
        await self.is_open.wait()
        assert not self.slept, "it waits again, and its branch has been ended"
        self.slept.append(seconds)
        raise Suspend

    async def checkpoint(self) -> None:
        if not self.is_open.is_set():
            self.is_open.set()
            raise Suspend


@pytest.mark.parametrize("compete", [True, False], ids=["the other was first", "the other failed"])
def test_a_branch_that_was_suspended_before_the_others_were_decided_is_ended(
    compete: bool, evaluator: JqProcess
) -> None:
    slow = side_by_side("deep", x=[loop("each", assign("one", n="1"), assign("two", n="2"))], y=[assign("set", n="1")])
    race = side_by_side("race", a=[slow], b=[fetch("quick") | {"flow": {"then": "exit"}}], c=[wait()])
    race["task_config"]["compete"] = compete
    guarded = {"name": "guard", "kind": "TRY", "task_config": {"try": [race], "catch": {"do": [assign("late", n="0")]}}}
    driver = LateDriver(http=[{"answer": {"status": 200 if compete else 400, "body": 7}}])
    outcome = run([guarded], evaluator, driver)
    assert outcome.ending is Ending.COMPLETED
    last = {record.path: record for record in driver.records}
    word = "was first" if compete else "failed"
    for path in ("/guard/try/race/a/deep", "/guard/try/race/a/deep/x/each", "/guard/try/race/c/rest"):
        assert last[path].status == "FAILED"
        assert (last[path].error or {})["detail"] == f"cancelled, because branch b {word}"
    assert last["/guard/try/race/a/deep/x/each[0]/two"].status == "SKIPPED"


def test_so_many_iterations_run_at_once(evaluator: JqProcess) -> None:
    class Counting(ScriptedDriver):
        now_under_way = most = 0

        async def perform(self, call: Call[Answer]) -> Answer:
            self.now_under_way += 1
            self.most = max(self.most, self.now_under_way)
            await asyncio.sleep(0)
            self.now_under_way -= 1
            return await super().perform(call)

    each = {"each": "item", "in": "${ [range(9)] }", "do": [fetch("get")], "concurrency": 4}
    driver = Counting(http=[{"answer": {"body": number}} for number in range(9)])
    outcome = run(
        [{"name": "loop", "kind": "FOR", "task_config": each}], evaluator, driver, limits=Limits(loop_results=6)
    )
    assert (outcome.output, driver.most) == ({"iterations": 9, "last": 8}, 4)


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


def test_a_race_that_is_gone_through_again_has_its_winner(evaluator: JqProcess) -> None:
    branches = [{"name": "quick", "do": [assign("a", n="1")]}, {"name": "slow", "do": [fetch("b")]}]
    race = {"name": "race", "kind": "FORK", "task_config": {"branches": branches, "compete": True}}
    first = ScriptedDriver(http=[{"answer": {"body": {"n": 2}}}])
    run([race], evaluator, first)
    assert first.winners == {"/race": 0}
    again = ScriptedDriver(http=[{"answer": {"body": {"n": 2}}}], winners={"/race": 1}, knows_winners=True)
    assert run([race], evaluator, again).output == {"slow": {"n": 2}}
    assert "/race/quick/a" not in again.entered
