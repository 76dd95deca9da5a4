"""One run of a workflow: its data, and the loop that goes from task to task."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from apps.workflows.definition import CONTINUE, END, EXIT, RESERVED_NAMES, Definition, Task
from apps.workflows.errors import Problem, RunCancelled, TaskFailed, failed
from apps.workflows.expressions import Evaluator, Scope
from apps.workflows.interpreter.driver import Driver, TaskRecord, TaskStatus
from apps.workflows.interpreter.limits import HTTP_RETRIES, LIMITS, Limits, RetryPolicy
from apps.workflows.interpreter.suspension import State, Suspend
from apps.workflows.interpreter.task_context import ActiveTask
from apps.workflows.interpreter.task_paths import task_path
from apps.workflows.steps import TABLE
from apps.workflows.steps.base import Done
from apps.workflows.values import Json, TooLarge, check_size

_YIELD_EVERY = 100


@dataclass
class _Place:
    """How far a list of tasks has been run."""

    index: int = 0
    visits: dict[str, int] = field(default_factory=dict)
    """How often each task has been begun, by name."""
    produced: Json = None


class WorkflowEnded(Exception):
    """A task said that the workflow ends here."""


@dataclass
class Run:
    """The state of a run. One asyncio task drives it; nothing in it is shared."""

    definition: Definition
    driver: Driver
    evaluator: Evaluator
    bag: dict[str, Json]
    variables: dict[str, Json]
    secrets: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""
    limits: Limits = LIMITS
    http_retries: RetryPolicy = HTTP_RETRIES
    output: Json = None
    """What the last task produced."""
    current: Json = None
    """What the last task exported, or else produced: the `.` of `. == v` in a switch."""
    caught: dict[str, str] = field(default_factory=dict)
    """Names of the bag that hold a caught error, with the TRY task that put it there."""
    frames: list[dict[str, Json]] = field(default_factory=list)
    """Where a suspended run stood, as long as it has not been taken up again: see suspension.py."""
    _jumps: int = 0
    _tasks_done: int = 0
    _spread: dict[str, str] = field(default_factory=dict)
    """Keys that a flat export put into the bag, with the task that did."""

    def take_up(self, state: State) -> None:
        """Go on from there with the next `run_list`."""
        self.bag, self.output, self.current, self.caught = state.bag, state.output, state.current, state.caught
        self._spread, self._jumps, self.frames = state.spread, state.jumps, state.frames

    def state(self) -> State:
        """As of now, with no frames. Copied as far as the run goes on changing it."""
        return State(dict(self.bag), self.output, self.current, dict(self.caught), dict(self._spread), self._jumps)

    def next_frame(self) -> dict[str, Json] | None:
        """Where what is about to run stood when the run was suspended; None when it begins."""
        return self.frames.pop() if self.frames else None

    async def run_list(self, tasks: tuple[Task, ...], parent: str) -> Json:
        """Run one list of tasks and answer what its last task produced.

        Raises TaskFailed, WorkflowEnded, RunCancelled, Suspend, and whatever cancels the asyncio task.
        """
        positions = {task.name: index for index, task in enumerate(tasks)}
        place = _Place(**(self.next_frame() or {}))
        is_inside = bool(self.frames)
        with self._listed(tasks, parent, place):
            while place.index < len(tasks):
                task = tasks[place.index]
                if not is_inside:
                    place.visits[task.name] = place.visits.get(task.name, 0) + 1
                is_inside = False
                path = task_path(parent, task.name, place.visits[task.name])
                done = await self.run_task(task, path)
                if not done.keeps_data:
                    place.produced = self.output = done.output
                target = done.then or task.then
                if target == EXIT:
                    break
                if target == END:
                    raise WorkflowEnded
                place.index = self._next(place.index, target, positions, path)
                await self._pause()
        return place.produced

    async def run_task(self, task: Task, path: str) -> Done:
        """Run one task once, with its records."""
        step = TABLE[task.kind]
        if step.run is None:
            raise failed("configuration", f"task {task.name}: kind {task.kind} cannot be run by this version")
        frame = self.next_frame() or {"started_at": self.driver.now()}
        active = ActiveTask(self, task, path, **frame)
        try:
            done = await step.run(active, task.config)
            if not done.keeps_data:
                self._keep(active, done.output)
        except Suspend as suspend:
            suspend.frames.append({"started_at": active.started_at, "input": active.input})
            raise
        except TaskFailed as failure:
            problem = failure.problem.placed(path, self.driver.now())
            active.end(TaskStatus.FAILED, problem=problem)
            raise TaskFailed(problem) from failure
        except WorkflowEnded:
            active.end(TaskStatus.COMPLETED)
            raise
        except (asyncio.CancelledError, RunCancelled):
            active.end(TaskStatus.FAILED, problem=Problem("cancelled", "the run was cancelled", instance=path))
            raise
        active.end(TaskStatus.COMPLETED, output=done.output)
        return done

    def scope(self, dot: Json, **variables: Json) -> Scope:
        """What expressions see now. `dot` is the bag itself or what `.` stands for instead."""
        return Scope(
            bag=self.bag,
            dot=dot,
            variables={**self.variables, "output": self.output, **variables},
            secrets=self.secrets,
            nonce=self.nonce,
            now=self.driver.now,
        )

    def set_values(self, values: dict[str, Json]) -> None:
        """Put values into the bag for good: they belong to no task any more."""
        self._check(values)
        for name, value in values.items():
            self._spread.pop(name, None)
            self.bag[name] = value

    def _check(self, value: Json) -> None:
        try:
            check_size(value, self.limits.value_characters)
        except TooLarge as error:
            raise failed("runtime", str(error)) from None

    def _keep(self, active: ActiveTask, output: Json) -> None:
        """Put a task's output, or what it exports, under its name, and flat where keys are free."""
        task = active.task
        sets_bag = TABLE[task.kind].sets_bag
        if not sets_bag:
            self._check(output)
        kept = output
        if task.export is not None:
            kept = active.evaluate_export(task.export, output)
            self._check(kept)
        self.current = kept
        if not (sets_bag and isinstance(output, dict) and task.name in output):
            self.bag[task.name] = kept
            self._spread.pop(task.name, None)
        if task.export is not None and isinstance(kept, dict):
            self._export_flat(task, kept)

    def _export_flat(self, task: Task, exported: dict[str, Json]) -> None:
        for key, value in exported.items():
            free = key not in self.bag or self._spread.get(key) == task.place
            if free and key not in RESERVED_NAMES:
                self.bag[key] = value
                self._spread[key] = task.place

    def _next(self, index: int, target: str, positions: dict[str, int], path: str) -> int:
        if target == CONTINUE:
            return index + 1
        if positions[target] <= index:
            self._jumps += 1
            if self._jumps > self.limits.backward_jumps:
                detail = f"more than {self.limits.backward_jumps:,} jumps backwards, an endless loop perhaps"
                raise TaskFailed(Problem("runtime", detail).placed(path, self.driver.now()))
        return positions[target]

    @contextmanager
    def _listed(self, tasks: tuple[Task, ...], parent: str, place: _Place) -> Iterator[None]:
        """Leave a frame when the run is suspended in this list; else record what of it has never begun."""
        try:
            yield
        except Suspend as suspend:
            suspend.frames.append({**vars(place)})
            raise
        except BaseException:
            self._record_skipped(tasks, parent, place.visits)
            raise
        self._record_skipped(tasks, parent, place.visits)

    def _record_skipped(self, tasks: tuple[Task, ...], parent: str, visits: Mapping[str, int]) -> None:
        for task in tasks:
            if task.name not in visits:
                path = task_path(parent, task.name, 1)
                self.driver.record(TaskRecord(path, task.name, task.kind, TaskStatus.SKIPPED))

    async def _pause(self) -> None:
        """Let whoever drives the run write, and whoever wants to cancel it be heard."""
        try:
            await self.driver.checkpoint()
        except Suspend as suspend:
            suspend.state = self.state()
            raise
        self._tasks_done += 1
        if self._tasks_done % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
