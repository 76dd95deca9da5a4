"""Runs under way, a process killed, everything back, every run judged; again and again, as the seed says."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import grpc
import psutil
from stigmer_proto.controlplane.v1 import executions_pb2

from tests.chaos.counter import Effects
from tests.chaos.follower import Follower
from tests.chaos.judging import judge
from tests.chaos.programs import AGENT_STEPS, WORKFLOW_STEPS, Programs, deploy
from tests.suites.client import EXTENSION, Api, Refused, unique
from tests.support.daemon import Installation, temporary_installation, wait_until
from tests.support.temporal import built_temporal

RECONNECT = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 300)]
UNITS = ("runner", "api", "worker", "temporal")
DAEMON = "daemon"
KILLS_PER_UNIT = 3
"""Under one daemon: it gives a unit up after five deaths in two minutes."""
AGENT, WORKFLOW = "AgentExecution", "WorkflowExecution"
USUAL_SECONDS = {AGENT: 0.7, WORKFLOW: 2.2}
"""How long a run takes that nobody disturbs; it is killed at some moment of these."""
CANCELS = 0.2
"""How often one of the runs is cancelled just before the kill."""
TWICE = 0.25
"""How often another unit is killed while the first is not yet back."""
BACK_SECONDS = 60.0
END_SECONDS = 60.0
STEPS = {AGENT: AGENT_STEPS, WORKFLOW: AGENT_STEPS | WORKFLOW_STEPS}
TERMINAL = 3
FAILED = 4


@dataclass
class Run:
    """A run that was started, and who follows it."""

    kind: str
    id: str
    tag: str
    follower: Follower
    was_cancelled: bool = False


@dataclass(frozen=True)
class Row:
    """One kill and what became of one run."""

    unit: str
    stage: str
    outcome: str
    wrong: tuple[str, ...] = ()


@dataclass
class Chaos:
    """One installation. `round` kills one or two processes."""

    installation: Installation
    api: Api
    effects: Effects
    programs: Programs
    random: Random
    rows: list[Row] = field(default_factory=list)
    kills: int = 0
    _bag: list[str] = field(default_factory=list)
    _dead: set[int] = field(default_factory=set)

    def round(self) -> list[Row]:
        """Start runs, kill, wait for everything, judge."""
        runs: list[Run] = []
        try:
            killed = self._start_and_kill(runs)
            self.wait_until_back()
            found = [self.verdict(run) for run in runs]
        finally:
            for run in runs:
                run.follower.leave()
        rows = [
            Row(unit, f"{run.kind.removesuffix('Execution').lower()}: {stage}", *verdict)
            for unit, stages in killed
            for run, stage, verdict in zip(runs, stages, found, strict=True)
        ]
        self.rows += rows
        return rows

    def _start_and_kill(self, runs: list[Run]) -> list[tuple[str, list[str]]]:
        """Who was killed, and in which stage each run was."""
        runs.append(self.start(WORKFLOW))
        pause(self.random.uniform(0.0, USUAL_SECONDS[WORKFLOW]))
        runs.append(self.start(AGENT))
        pause(self.random.uniform(0.0, USUAL_SECONDS[AGENT]))
        if self.random.random() < CANCELS:
            self.cancel(self.random.choice(runs))
        killed = [self._kill_next(runs)]
        if self._bag and self.random.random() < TWICE:
            pause(self.random.uniform(0.0, 1.0))
            killed.append(self._kill_next(runs))
        return killed

    def _kill_next(self, runs: list[Run]) -> tuple[str, list[str]]:
        self._bag = self._bag or self._shuffled()
        unit = self._bag.pop()
        stages = [run.follower.stage for run in runs]
        self.kill(unit)
        return unit, stages

    def _shuffled(self) -> list[str]:
        """Every unit in turn, in another order each time; the daemon comes last, drawn from the end."""
        turns = [self.random.sample(UNITS, len(UNITS)) for _ in range(KILLS_PER_UNIT)]
        return [DAEMON, *(unit for turn in turns for unit in turn)]

    def start(self, kind: str) -> Run:
        """A run of this kind, followed."""
        tag = unique("run")
        run_id = patiently(lambda: self.create(kind, tag))
        return Run(kind, run_id, tag, Follower(self.api, kind, run_id, seconds=BACK_SECONDS + END_SECONDS))

    def create(self, kind: str, tag: str) -> str:
        """The id of a new run. Raises Refused when the API does not answer."""
        runs = self.api.of(kind)
        env = {"TAG": {"value": tag}, "COUNTER": {"value": self.effects.url}}
        spec: dict[str, Any] = {"runtime_env": env}
        metadata: dict[str, Any] = {}
        if kind == AGENT:
            config = {"model_name": self.programs.model}
            metadata = {"owner_scope": 0}
            spec |= {"agent_id": self.programs.agent_id, "message": "Go.", "execution_config": config}
        else:
            spec |= {"workflow_id": self.programs.workflow_id}
        return str(runs.create(runs.envelope(spec, **metadata)).metadata.id)

    def cancel(self, run: Run) -> None:
        """Ask a run to end, if it has not ended."""
        run.was_cancelled = True
        request = executions_pb2.CancelRunRequest(execution_id=run.id, reason="chaos")
        try:
            self.api.call(f"{EXTENSION}.ExecutionController.cancel", request)
        except Refused as refused:
            if refused.code is not grpc.StatusCode.FAILED_PRECONDITION:
                raise

    def verdict(self, run: Run) -> tuple[str, tuple[str, ...]]:
        """What became of a run, once it has ended, and what is wrong with that."""
        runs = self.api.of(run.kind)

        def get() -> Any:
            return patiently(lambda: runs.get(run.id))

        try:
            wait_until(lambda: get().status.phase >= TERMINAL, f"{run.id} ends", seconds=END_SECONDS)
        except AssertionError as error:
            return "did not end", (f"{error}: {get().status}",)
        run.follower.join()
        outcome, wrong = judge(
            get(), run.follower, self.effects.of(run.tag), STEPS[run.kind], was_cancelled=run.was_cancelled
        )
        return outcome, tuple(f"{run.kind} {run.id}: {each}" for each in wrong)

    def kill(self, name: str) -> None:
        """kill -9 of a unit, or of the daemon, which is then started again."""
        self.kills += 1
        if name == DAEMON:
            pid = int(self.installation.state()["pid"])
            units = [int(each["pid"]) for each in self.installation.state()["components"] if each["pid"]]
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not any(map(_lives, [pid, *units])), "what the daemon started has ended")
            self.start_daemon()
            return
        with contextlib.suppress(ProcessLookupError):
            if pid := int(self.component(name)["pid"]):
                self._dead.add(pid)
                os.kill(pid, signal.SIGKILL)

    def start_daemon(self) -> None:
        started = self.installation.run("server", "start")
        if started.code != 0:
            raise AssertionError(started.stderr)

    def component(self, name: str) -> dict[str, Any]:
        """What the daemon's state file says of a unit."""
        found: dict[str, Any] = next(each for each in self.installation.state()["components"] if each["name"] == name)
        return found

    def wait_until_back(self) -> None:
        """Until every unit serves, those that were killed as other processes."""

        def is_back() -> bool:
            components = self.installation.state().get("components", [])
            return bool(components) and all(
                each["state"] == "READY" and each["pid"] not in self._dead for each in components
            )

        try:
            wait_until(is_back, "all units are ready", seconds=BACK_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.installation.state()}") from None

    def left_over(self) -> list[str]:
        """What should not be there once all runs have ended, read from the database itself."""
        path = self.installation.data_dir / "stigmer.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            found = [
                f"{table} {row[0]} is in phase {row[1]}, lease {row[2]} until {row[3]}"
                for table in ("resources_agentexecution", "resources_workflowexecution")
                for row in database.execute(
                    f"SELECT id, phase, lease_owner, lease_until FROM {table} WHERE phase < {TERMINAL}"
                )
            ]
            # Those of runs that failed are kept for a retry.
            steps = database.execute(
                "SELECT count(*) FROM resources_steprecord WHERE execution_id NOT IN"
                f" (SELECT id FROM resources_workflowexecution WHERE phase = {FAILED})"
            ).fetchone()[0]
            return [*found, *([f"{steps} step records of runs that nobody can retry"] if steps else [])]


@contextmanager
def chaos(home: Path, seed: int, *, units: str = "") -> Iterator[Chaos]:
    """An installation in an empty directory, with everything deployed and ready."""
    with (
        contextlib.closing(Effects(seed)) as effects,
        temporary_installation(
            home, STIGMER_UNITS=units, STIGMER_TEMPORAL_PATH=str(built_temporal()), STIGMER_TOOL_SECONDS="60"
        ) as installation,
        Api(installation.endpoint, options=RECONNECT) as api,
    ):
        started = installation.run("server", "start")
        if started.code != 0:
            raise AssertionError(started.stderr)
        made = Chaos(installation, api, effects, deploy(api, effects, home), Random(seed))
        made.wait_until_back()
        yield made


def patiently(call: Callable[[], Any]) -> Any:
    """What `call` answers, once our connection has noticed that the API is back."""
    answers: list[Any] = []

    def is_answered() -> bool:
        try:
            answers.append(call())
        except Refused as refused:
            if refused.code is not grpc.StatusCode.UNAVAILABLE:
                raise
        return bool(answers)

    wait_until(is_answered, "the API answers")
    return answers[0]


def pause(seconds: float) -> None:
    """Let runs go on for so long: here it is the moment itself that is chosen."""
    threading.Event().wait(seconds)


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
