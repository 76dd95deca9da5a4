"""The resources of the running program, in the order they were made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stigmer.errors import DefinitionError

if TYPE_CHECKING:
    from stigmer.agent import Agent
    from stigmer.workflow import Workflow


class Program:
    """The agents and workflows made so far."""

    def __init__(self) -> None:
        self.agents: list[Agent] = []
        self.workflows: list[Workflow] = []

    def __len__(self) -> int:
        return len(self.agents) + len(self.workflows)

    def agent_with_slug(self, slug: str) -> "Agent | None":
        """The agent of this program with the slug, if there is one."""
        return next((agent for agent in self.agents if agent.slug == slug), None)

    def workflow_with_slug(self, slug: str) -> "Workflow | None":
        """The workflow of this program with the slug, if there is one."""
        return next((workflow for workflow in self.workflows if workflow.slug == slug), None)


_programs = [Program()]
_refusals: list[Callable[[DefinitionError], object]] = []
"""What to do about a resource that is made too late, once the program has been written."""


def current() -> Program:
    """The program that new resources join."""
    return _programs[-1]


@contextmanager
def isolated() -> Iterator[Program]:
    """A program of its own for the resources made inside the block: they are not deployed. For tests."""
    program = Program()
    _programs.append(program)
    try:
        yield program
    finally:
        _programs.remove(program)


def close(refuse: Callable[[DefinitionError], object]) -> None:
    """The program ends and is written: have `refuse` called for whatever is made from now on."""
    _refusals.append(refuse)


def register_agent(agent: "Agent") -> None:
    """Add an agent to the program. Raises `DefinitionError` when its slug is taken."""
    program = current()
    _refuse_late("Agent", agent)
    _refuse_taken("Agent", agent, program.agent_with_slug(agent.slug))
    program.agents.append(agent)


def register_workflow(workflow: "Workflow") -> None:
    """Add a workflow to the program. Raises `DefinitionError` when its slug is taken."""
    program = current()
    _refuse_late("Workflow", workflow)
    _refuse_taken("Workflow", workflow, program.workflow_with_slug(workflow.slug))
    program.workflows.append(workflow)


def _refuse_late(kind: str, resource: "Agent | Workflow") -> None:
    if _refusals:
        problem = "was made after the program had ended; make it before, or wait for the thread that does"
        error = DefinitionError(f'{kind}("{resource.name}")', "", problem, resource.place)
        _refusals[-1](error)
        raise error


def _refuse_taken(kind: str, resource: "Agent | Workflow", other: "Agent | Workflow | None") -> None:
    if other is not None:
        problem = f'"{other.slug}" is taken by the {kind.lower()} made at {other.place}'
        raise DefinitionError(f'{kind}("{resource.name}")', "slug", problem, resource.place)
