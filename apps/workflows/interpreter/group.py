"""Branches that run side by side for one task, until all have ended or one decides for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

from apps.workflows.errors import Problem, TaskFailed
from apps.workflows.interpreter.run import Run
from apps.workflows.interpreter.side_by_side import side_by_side
from apps.workflows.interpreter.suspension import BranchState, Suspend
from apps.workflows.steps.context import Body
from apps.workflows.values import Json

_NAMED_FAILURES = 5
"""So many branches are named in the sentence that says that all have failed."""


class WorkflowEnded(Exception):
    """A task said that the workflow ends here."""


class Member(Protocol):
    """A branch, as far as its group knows it."""

    stopped: str

    @property
    def why_stopped(self) -> str: ...

    async def run_body(self, body: Body) -> Json: ...

    def under_way(self) -> Iterator[str]: ...


@dataclass
class Group:
    """`begin` makes the branch of a body, where it stood in a state or at its start.

    In a race the first that ends well decides, and the others are cancelled; else only one that fails does.
    """

    run: Run
    bodies: Sequence[Body]
    states: list[BranchState]
    """Of those that had begun when the run was suspended."""
    begin: Callable[[Body, BranchState], Member]
    at_once: int
    is_race: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    """Those under way, by number."""
    outcomes: dict[int, BranchState] = field(default_factory=dict)
    """The states of those that were ended or suspended, by number."""
    decision: tuple[int, BranchState | Exception] | None = None
    _reason: str = ""

    async def run_all(self) -> list[BranchState]:
        """The state of each at the end; of a race that was won only the winner's is not empty.

        Raises what the one raised that decided, and Suspend when not all have come to an end.
        """
        try:
            await side_by_side(len(self.bodies), self._work, at_once=self.at_once, ended=self._ended)
        except asyncio.CancelledError:
            await self._end_suspended()
            raise
        states = [self.outcomes.get(number, {}) for number in range(len(self.bodies))]
        if self.decision is None:
            if not all(map(_has_ended, states)):
                raise self._suspend(states)
            return states
        await self._end_suspended()
        winner, outcome = self.decision
        if isinstance(outcome, Exception):
            raise outcome
        return [outcome if number == winner else {} for number in range(len(self.bodies))]

    async def _work(self, number: int) -> BranchState:
        state: BranchState = self.states[number] if number < len(self.states) else {}
        if _has_ended(state) or (not state and self.run.is_suspending and number >= self.at_once):
            return state
        member = self.members[number] = self.begin(self.bodies[number], state)
        try:
            return {"produced": await member.run_body(self.bodies[number])}
        except Suspend as suspend:
            return {"data": suspend.data, "frames": suspend.frames}
        except TaskFailed as failure:
            if not self.is_race:
                raise
            return {"failed": asdict(failure.problem)}
        finally:
            del self.members[number]

    def _ended(self, number: int, outcome: BranchState | Exception) -> bool:
        """Take what one came to; whether it decides for the others."""
        if not isinstance(outcome, Exception):
            self.outcomes[number] = outcome
        if self.decision is not None:
            return False
        if isinstance(outcome, Exception):
            did = "ended the workflow" if isinstance(outcome, WorkflowEnded) else "failed"
        elif self.is_race and "produced" in outcome:
            did = "was first"
        else:
            return False
        self.decision = number, outcome
        self._reason = f"{self.bodies[number].title} {did}"
        for member in self.members.values():
            member.stopped = self._reason
        return True

    async def _end_suspended(self) -> None:
        """Take up the branches that were suspended before the end of all was decided, only to have their tasks end."""
        for number, state in sorted(self.outcomes.items()):
            if "frames" in state:
                member = self.begin(self.bodies[number], state)
                member.stopped = self._reason or member.why_stopped or "the run was cancelled"
                with suppress(asyncio.CancelledError):
                    await member.run_body(self.bodies[number])

    def _suspend(self, states: list[BranchState]) -> Suspend:
        while states and not states[-1]:
            states.pop()
        suspend = Suspend()
        suspend.frames.append({"branches": states})
        return suspend


def _has_ended(state: BranchState) -> bool:
    return "produced" in state or "failed" in state


def none_succeeded(bodies: Sequence[Body], states: Sequence[BranchState]) -> TaskFailed:
    """The failure of a race that nobody won: of the type of the first branch's, with what the others came to."""
    problems = [Problem(**state["failed"]) for state in states]
    told = [f"{body.title}: {problem.detail}" for body, problem in zip(bodies, problems, strict=True)]
    more = [f"{len(told) - _NAMED_FAILURES:,} more"] if len(told) > _NAMED_FAILURES else []
    detail = f"no branch ended well; {'; '.join([*told[:_NAMED_FAILURES], *more])}"
    return TaskFailed(replace(problems[0], detail=detail, instance=""))
