"""The running program: what it deploys."""

from collections.abc import Iterator
from contextlib import contextmanager

from stigmer import registry
from stigmer.agent import Agent
from stigmer.registry import Registry
from stigmer.workflow import Workflow


class Program:
    """The agents and workflows made so far, in the order they were made."""

    def __init__(self, resources: Registry | None = None) -> None:
        self._resources = Registry() if resources is None else resources

    def __len__(self) -> int:
        return len(self.agents) + len(self.workflows)

    @property
    def agents(self) -> list[Agent]:
        """Its agents."""
        return [each for each in self._resources if isinstance(each, Agent)]

    @property
    def workflows(self) -> list[Workflow]:
        """Its workflows."""
        return [each for each in self._resources if isinstance(each, Workflow)]


def current() -> Program:
    """The program that new resources join."""
    return Program(registry.current())


@contextmanager
def isolated() -> Iterator[Program]:
    """A program of its own for the resources made inside the block: they are not deployed. For tests."""
    with registry.separate() as resources:
        yield Program(resources)
