"""Changing the values of an environment one by one, so that two who do it at once lose nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from apps.backends import kinds
from apps.backends.base import Conflict, Envelope, NotFound
from apps.backends.resource import Resource, is_id_of, slug_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.backends.base import Backend

KIND = "Environment"
# Whoever wrote in between is done: of so many who write at once, each gets its turn.
MOST_ATTEMPTS = 100
OVERTAKEN = ("stigmer.resource.stale_version", "stigmer.resource.already_exists")


class Changed(NamedTuple):
    """The environment as stored, and whether it was made."""

    resource: Resource
    is_new: bool


def find_environment(backend: Backend, name: str, org: str) -> Resource:
    """One environment by name or id. Raises NotFound."""
    if is_id_of(KIND, name):
        return Resource.of(backend.get(KIND, resource_id=name))
    return Resource.of(backend.get(KIND, slug=slug_of(name), org=org))


def change(backend: Backend, name: str, org: str, edit: Callable[[Any], None], *, may_create: bool) -> Changed:
    """Have `edit` change the values of an environment, by name, in place; again when somebody else wrote meanwhile.

    One that is not there is made with `may_create`, else NotFound is raised. What `edit` raises passes through.
    """
    for _ in range(MOST_ATTEMPTS - 1):
        try:
            return _change(backend, name, org, edit, may_create=may_create)
        except Conflict as conflict:
            if conflict.reason not in OVERTAKEN:
                raise
    return _change(backend, name, org, edit, may_create=may_create)


def _change(backend: Backend, name: str, org: str, edit: Callable[[Any], None], *, may_create: bool) -> Changed:
    try:
        # With the version that was read: it is refused when another was written since.
        message = find_environment(backend, name, org).message
    except NotFound:
        if not may_create or is_id_of(KIND, name):
            raise
        message = _new(name, org)
        edit(message.spec.data)
        return Changed(Resource.of(backend.create(Envelope(KIND, message.SerializeToString()))), is_new=True)
    edit(message.spec.data)
    return Changed(Resource.of(backend.update(Envelope(KIND, message.SerializeToString()))), is_new=False)


def _new(name: str, org: str) -> Any:  # an Environment, known only at run time
    kind = kinds.BY_NAME[KIND]
    metadata = {"name": name, "org": org, "owner_scope": "organization"}
    return kind.message_class()(api_version="agentic.stigmer.ai/v1", kind=KIND, metadata=metadata)
