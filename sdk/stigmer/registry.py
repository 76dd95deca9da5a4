"""Where resources are noted when they are made, in their order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stigmer.errors import DefinitionError
from stigmer.resource import Resource


class Registry:
    """The resources made so far, no two of one kind with the same slug."""

    def __init__(self) -> None:
        self._resources: list[Resource] = []

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources)

    def add(self, resource: Resource) -> None:
        """Note a resource. Raises `DefinitionError` when its slug is taken, or the program has ended."""
        _refuse_late(resource)
        kind = resource.kind
        for other in self._resources:
            if (other.kind, other.slug) == (kind, resource.slug):
                problem = f'"{other.slug}" is taken by the {kind.lower()} made at {other.place}'
                raise DefinitionError(f'{kind}("{resource.name}")', "slug", problem, resource.place)
        self._resources.append(resource)


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
