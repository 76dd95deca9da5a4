"""One branch of a run: its data, where it stands, and the loop that goes from task to task.

A run is a tree of branches. Most have one; a task that runs lists side by side has a branch for each of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from apps.workflows.dataflow.base import DataFlow, Done
from apps.workflows.definition import CONTINUE, END, EXIT, Task, walk
from apps.workflows.errors import Problem, RunStopped, TaskFailed, failed
from apps.workflows.interpreter.driver import TaskRecord, TaskStatus
from apps.workflows.interpreter.group import Group, WorkflowEnded, none_succeeded
from apps.workflows.interpreter.run import Run
from apps.workflows.interpreter.suspension import BranchState, Suspend
from apps.workflows.interpreter.task_context import ActiveTask
from apps.workflows.steps import TABLE
from apps.workflows.steps.context import Body
from apps.workflows.task_paths import task_path
from apps.workflows.values import Json

logger = logging.getLogger(__name__)


@dataclass
class _Position:
    """How far a list of tasks has been run."""

    index: int = 0
    visits: dict[str, int] = field(default_factory=dict)
    """How often each task has been begun, by name."""
    produced: Json = None


@dataclass
class Branch:
    """One asyncio task drives it. Nothing in it is shared but `run`."""

    run: Run
    data: DataFlow
    place: str = ""
    """What the paths of its tasks begin with; empty for the run's first."""
    frames: list[dict[str, Json]] = field(default_factory=list)
    """Where it stood when it was suspended, as long as it has not been taken up again: see suspension.py."""
    current: ActiveTask | None = None
    """The innermost task under way."""
    group: Group | None = None
    """The branches that run for the task under way."""
    parent: Branch | None = None
    """The one whose task it runs for."""
    is_beside_waits: bool = False
    """Whether one beside it may wait for long: no call of it may keep that from Temporal."""
    stopped: str = ""
    """Why it goes no further: what one beside it did."""
    retries_around: int = 0
    """How many tasks that try again what fails in them are around what runs now."""

    @property
    def output(self) -> Json:
        """What its last task produced."""
        return self.data.output

    def under_way(self) -> Iterator[str]:
        """The paths of the innermost tasks under way, those of the branches below in their order."""
        if self.group is not None:
            for _, branch in sorted(self.group.members.items()):
                yield from branch.under_way()
        elif self.current is not None:
            yield self.current.path

    @property
    def why_stopped(self) -> str:
        """Why it goes no further, when that is for a branch beside it or one of those around it."""
        return self.stopped or (self.parent.why_stopped if self.parent else "")

    @property
    def is_retried_around(self) -> bool:
        """Whether something around it, in whichever branch, tries again what fails."""
        return bool(self.retries_around) or (self.parent is not None and self.parent.is_retried_around)

    def next_frame(self) -> dict[str, Json] | None:
        """Where what is about to run stood when the branch was suspended; None when it begins."""
        return self.frames.pop() if self.frames else None

    async def run_list(self, tasks: tuple[Task, ...], place: str) -> Json:
        """Run one list of tasks and answer what its last task produced.

        Raises TaskFailed, WorkflowEnded, RunCancelled, Suspend, and whatever cancels the asyncio task.
        """
        names = {task.name: index for index, task in enumerate(tasks)}
        position = _Position(**(self.next_frame() or {}))
        is_inside = bool(self.frames)
        with self._listed(tasks, place, position):
            if self.why_stopped and not is_inside:
                raise asyncio.CancelledError
            while position.index < len(tasks):
                task = tasks[position.index]
                if not is_inside:
                    position.visits[task.name] = position.visits.get(task.name, 0) + 1
                is_inside = False
                path = task_path(place, task.name, position.visits[task.name])
                done = await self.run_task(task, path)
                if not done.keeps_data:
                    position.produced = done.output
                target = done.then or task.then
                if target == EXIT:
                    break
                if target == END:
                    raise WorkflowEnded
                position.index = self._next(position.index, target, names, path)
                await self._pause()
        return position.produced

    async def run_task(self, task: Task, path: str) -> Done:
        """Run one task once, with its records. Its output is what the data flow made of it."""
        run = TABLE[task.kind].run
        if run is None:
            raise failed("configuration", f"kind {task.kind} cannot be run by this version")
        frame = self.next_frame()
        if frame is None:
            self.run.driver.enter(path)
        active = ActiveTask(self, task, path, **(frame or {"started_at": self.run.driver.now()}))
        outer, self.current = self.current, active
        try:
            if frame is None:
                self.data.enter(active)
            done = await run(active, task.config)
            produced = self.data.leave(active, done)
            if produced is not done.output:
                done = replace(done, output=produced)
        except Suspend as suspend:
            suspend.frames.append(active.state())
            raise
        except TaskFailed as failure:
            problem = failure.problem.placed(path, self.run.driver.now())
            active.end(TaskStatus.FAILED, problem=problem)
            raise TaskFailed(problem) from failure
        except WorkflowEnded:
            active.end(TaskStatus.COMPLETED)
            raise
        except (asyncio.CancelledError, RunStopped):
            active.end(TaskStatus.FAILED, problem=Problem("cancelled", self._end_word(active), instance=path))
            raise
        except Exception as error:
            # What nobody expected is a failure as any other: a TRY sees it, and the run ends with it.
            logger.exception("task %s failed unexpectedly", path)
            problem = Problem("runtime", f"failed unexpectedly ({type(error).__name__})")
            problem = problem.placed(path, self.run.driver.now())
            active.end(TaskStatus.FAILED, problem=problem)
            raise TaskFailed(problem) from error
        finally:
            self.current = outer
        active.end(TaskStatus.COMPLETED, output=done.output)
        return done

    async def run_branches(self, bodies: Sequence[Body], *, at_once: int = 0) -> list[Json]:
        """Run lists side by side, each in a branch of its own, and answer what each produced, in their order.

        The first that fails ends the others. Once one is suspended the others are at their next pause, or in the middle
        of a WAIT or LISTEN, and all are when the last of them got there: one that asks an agent, say, keeps the tree
        from moving so long.
        """
        states = await self._beside(bodies, at_once or len(bodies))
        return [state["produced"] for state in states]

    async def race(self, bodies: Sequence[Body]) -> tuple[int, Json]:
        """As `run_branches`, until one ends well: its number, and what it produced. The others are cancelled.

        A run that goes through it again has the same winner, whoever is quicker now: only that branch runs.

        Raises TaskFailed when all have failed.
        """
        path = self.current.path if self.current else self.place
        if (known := await self.run.driver.winner_of(path)) is not None:
            [output] = await self.run_branches([bodies[known]])
            return known, output
        states = await self._beside(bodies, len(bodies), is_race=True)
        for number, state in enumerate(states):
            if "produced" in state:
                await self.run.driver.keep_winner(path, number)
                return number, state["produced"]
        raise none_succeeded(bodies, states)

    async def run_body(self, body: Body) -> Json:
        """What the list produced that it was made for."""
        return await self.run_list(body.tasks, body.place)

    async def _beside(self, bodies: Sequence[Body], at_once: int, *, is_race: bool = False) -> list[BranchState]:
        frame = self.next_frame()
        waits = self.is_beside_waits or _may_wait(bodies)

        def begin(body: Body, state: BranchState) -> Branch:
            if "frames" in state:
                data, frames = self.data.restored(state["data"]), state["frames"]
            else:
                data, frames = self.data.split(), []
                data.bind(body.variables)
            return Branch(self.run, data, body.place, frames, parent=self, is_beside_waits=waits)

        self.group = Group(self.run, bodies, frame["branches"] if frame else [], begin, at_once, is_race)
        try:
            return await self.group.run_all()
        except Suspend as suspend:
            suspend.data = self.data.state()
            raise
        finally:
            self.group = None

    def _end_word(self, active: ActiveTask) -> str:
        """What is said of a task that is cut."""
        if not self.why_stopped:
            return "the run was cancelled"
        doubt = "; what it had sent may have been done" if active.is_acting else ""
        return f"cancelled, because {self.why_stopped}{doubt}"

    def _next(self, index: int, target: str, names: dict[str, int], path: str) -> int:
        if target == CONTINUE:
            return index + 1
        if names[target] <= index:
            try:
                self.run.jump_back()
            except TaskFailed as failure:
                raise TaskFailed(failure.problem.placed(path, self.run.driver.now())) from None
        return names[target]

    @contextmanager
    def _listed(self, tasks: tuple[Task, ...], place: str, position: _Position) -> Iterator[None]:
        """Leave a frame when the run is suspended in this list; else record what of it has never begun."""
        try:
            yield
        except Suspend as suspend:
            suspend.frames.append({**vars(position)})
            raise
        except BaseException:
            self._record_skipped(tasks, place, position.visits)
            raise
        self._record_skipped(tasks, place, position.visits)

    def _record_skipped(self, tasks: tuple[Task, ...], place: str, visits: Mapping[str, int]) -> None:
        for task in tasks:
            if task.name not in visits:
                path = task_path(place, task.name, 1)
                self.run.driver.record(TaskRecord(path, task.name, task.kind, TaskStatus.SKIPPED))

    async def _pause(self) -> None:
        try:
            await self.run.pause()
        except Suspend as suspend:
            suspend.data = self.data.state()
            raise


def _may_wait(bodies: Sequence[Body]) -> bool:
    """Whether any task of them waits for something outside."""
    lists = {id(body.tasks): body.tasks for body in bodies}
    return any(TABLE[task.kind].waits for tasks in lists.values() for task in walk(tasks))
