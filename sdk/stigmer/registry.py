"""Where resources are noted when they are made, in their order."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stigmer.errors import DefinitionError
from stigmer.resource import Resource


class Registry:
    """The resources made so far, no two of one kind with the same slug."""

    def __init__(self) -> None:
        self._resources: list[Resource] = []
        self._process = os.getpid()

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources)

    def add(self, resource: Resource) -> None:
        """Note a resource.

        Raises `DefinitionError` when its slug is taken, the program has ended, or this is a process that it has forked.
        """
        self._refuse_elsewhere(resource)
        _refuse_late(resource)
        kind = resource.kind
        for other in self._resources:
            if (other.kind, other.slug) == (kind, resource.slug):
                problem = f'"{other.slug}" is taken by the {resource.noun.replace("-", " ")} made at {other.place}'
                raise DefinitionError(f'{kind}("{resource.name}")', "slug", problem, resource.place)
        self._resources.append(resource)

    def _refuse_elsewhere(self, resource: Resource) -> None:
        """In a process that the program has forked: nothing that is noted there gets back to it."""
        if os.getpid() != self._process:
            problem = "is made in a process of its own, which the program never hears of; make it in the program itself"
            raise DefinitionError(f'{resource.kind}("{resource.name}")', "", problem, resource.place)


_registries = [Registry()]
_refusals: list[Callable[[DefinitionError], object]] = []
"""What to do about a resource that is made too late, once the program has been written."""


def current() -> Registry:
    """Where new resources are noted."""
    return _registries[-1]


@contextmanager
def separate() -> Iterator[Registry]:
    """A registry of its own for what is made inside the block."""
    registry = Registry()
    _registries.append(registry)
    try:
        yield registry
    finally:
        _registries.remove(registry)


def close(refuse: Callable[[DefinitionError], object]) -> None:
    """The program ends and is written: have `refuse` called for whatever is made from now on."""
    _refusals.append(refuse)


def _refuse_late(resource: Resource) -> None:
    if _refusals:
        problem = "was made after the program had ended; make it before, or wait for the thread that does"
        error = DefinitionError(f'{resource.kind}("{resource.name}")', "", problem, resource.place)
        _refusals[-1](error)
        raise error
