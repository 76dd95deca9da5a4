"""The running program: what it deploys."""

from collections.abc import Iterator
from contextlib import contextmanager

from stigmer import registry
from stigmer.agent import Agent
from stigmer.registry import Registry
from stigmer.resource import Resource
from stigmer.skill import Skill
from stigmer.workflow import Workflow


class Program:
    """The resources made so far, in the order they were made."""

    def __init__(self, resources: Registry | None = None) -> None:
        self._resources = Registry() if resources is None else resources

    def __len__(self) -> int:
        return sum(1 for _ in self._resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources)

    @property
    def agents(self) -> list[Agent]:
        """Its agents."""
        return [each for each in self._resources if isinstance(each, Agent)]

    @property
    def workflows(self) -> list[Workflow]:
        """Its workflows."""
        return [each for each in self._resources if isinstance(each, Workflow)]

    @property
    def skills(self) -> list[Skill]:
        """Its skills."""
        return [each for each in self._resources if isinstance(each, Skill)]


def current() -> Program:
    """The program that new resources join."""
    return Program(registry.current())


@contextmanager
def isolated() -> Iterator[Program]:
    """A program of its own for the resources made inside the block: they are not deployed. For tests."""
    with registry.separate() as resources:
        yield Program(resources)
