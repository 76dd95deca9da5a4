"""A world for the interpreter that does what a test says, and remembers what it was asked."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from apps.workflows.calls import CallFailed
from apps.workflows.effects import effect_of
from apps.workflows.effects.agent_call import AgentCall
from apps.workflows.effects.base import Answer, Call
from apps.workflows.effects.http_call import HttpCall
from apps.workflows.errors import RunCancelled
from apps.workflows.expressions import Evaluator
from apps.workflows.interpreter.driver import TaskRecord, TaskStatus
from apps.workflows.interpreter.execute import Outcome, RunInput, run_workflow
from apps.workflows.interpreter.suspension import Suspend, Suspended, revived
from apps.workflows.limits import LIMITS, Limits
from apps.workflows.parsing import parse_definition
from apps.workflows.secrets import RunSecrets
from apps.workflows.values import Json

NONCE = "5ec0de" * 5 + "42"
START = 1_700_000_000.0


@dataclass
class ScriptedDriver:
    """Answers calls in order. The clock stands still except for waiting."""

    http: list[Json] = field(default_factory=list)
    """Each {answer: {status, body}} or {failure: {reason, detail}}, with `expect` the parts of the call to compare."""
    agents: list[Json] = field(default_factory=list)
    """Each {answer}, {failure} or {cancelled: true}."""
    others: dict[str, list[Json]] = field(default_factory=dict)
    """For the effects without a list of their own, by activity; `answer` has the fields of the reply."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    records: list[TaskRecord] = field(default_factory=list)
    calls: list[Call[Any]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    time: float = START
    suspends: bool = False
    """Whether the run is suspended after every task."""
    checkpoints: int = 0
    winners: dict[str, int] = field(default_factory=dict)
    knows_winners: bool = False
    """Whether it answers with them: the run goes through its races again."""

    async def perform(self, call: Call[Answer]) -> Answer:
        effect = effect_of(call)
        lists = {AgentCall: self.agents, HttpCall: self.http}
        planned = self._next(lists.get(type(call), self.others.get(effect.activity, [])), call)
        if "failure" in planned:
            raise CallFailed(planned["failure"]["reason"], planned["failure"].get("detail", "it did not work"))
        if "cancelled" in planned:
            raise RunCancelled
        answer = RunSecrets(NONCE, self.secrets).close(planned["answer"])
        if isinstance(call, AgentCall):
            answer = {"answer": answer}
        elif isinstance(call, HttpCall):
            answer = {"status": 200, **answer}
        reply: Answer = effect.reply(**answer)
        return reply

    async def winner_of(self, path: str) -> int | None:
        return self.winners.get(path) if self.knows_winners else None

    async def keep_winner(self, path: str, number: int) -> None:
        self.winners[path] = number

    async def sleep(self, seconds: float, *, may_be_left: bool = False) -> None:
        del may_be_left  # nothing else comes to pass meanwhile
        self.slept.append(seconds)
        self.time += seconds

    def enter(self, path: str) -> None:
        self.entered.append(path)

    def now(self) -> float:
        return self.time

    def record(self, record: TaskRecord) -> None:
        self.records.append(record)

    async def checkpoint(self) -> None:
        self.checkpoints += 1
        if self.suspends:
            raise Suspend

    def _next(self, planned: list[Json], call: Call[Any]) -> Json:
        self.calls.append(call)
        assert planned, f"nobody expected {call}"
        plan = planned.pop(0)
        opened = RunSecrets(NONCE, self.secrets).open(asdict(call))
        expected = plan.get("expect", {})
        assert {name: opened[name] for name in expected} == expected
        return plan


def run(
    tasks: list[Json],
    evaluator: Evaluator,
    driver: ScriptedDriver | None = None,
    *,
    start_input: Json = None,
    env_vars: Mapping[str, str] | None = None,
    limits: Limits = LIMITS,
) -> Outcome:
    """Run a list of tasks to the end, taking it up as often as it is suspended."""
    driver = driver or ScriptedDriver()
    definition = parse_definition({"tasks": tasks}, evaluator)
    start = RunInput(
        input=start_input,
        env_vars=env_vars or {},
        secret_names=tuple(driver.secrets),
        nonce=NONCE,
        workflow_id="run-1",
        is_input_strict=True,
    )
    state = None
    while True:
        work = run_workflow(definition, start, driver=driver, evaluator=evaluator, state=state, limits=limits)
        try:
            return asyncio.run(work)
        except Suspended as suspended:
            state = revived(json.loads(json.dumps(asdict(suspended.state))))


def lines(records: Iterable[TaskRecord]) -> list[str]:
    """Records as `path STATUS`, with the attempt where it is not the first, without the plan at the start."""
    return [
        f"{record.path} {record.status}" + (f" attempt {record.attempt}" if record.attempt > 1 else "")
        for record in records
        if record.status is not TaskStatus.PENDING
    ]
