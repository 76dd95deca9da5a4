"""Answers of the extension API, from messages to the plain data of the Backend interface."""

from __future__ import annotations

from typing import Any

from apps.backends import kinds
from apps.backends.base import Action, Applied, Change, ComponentFacts, Envelope


def envelope(entry: Any) -> Envelope:
    """An Envelope of a google.protobuf.Any."""
    return Envelope(kinds.kind_of_type_url(entry.type_url), entry.value)


def applied(result: Any) -> Applied:
    """An Applied of an AppliedResource message."""
    return Applied(
        kind=result.kind,
        slug=result.slug,
        org=result.org,
        id=result.id,
        action=ACTIONS[result.action],
        changes=tuple(map(change, result.changes)),
        warnings=tuple(result.warnings),
    )


def change(field: Any) -> Change:
    """A Change of a FieldChange message."""
    return Change(field.path, field.before_json, field.after_json)


# By the numbers of ApplyAction; a server that says nothing has changed nothing that we know of.
ACTIONS = {0: Action.UNCHANGED, 1: Action.CREATED, 2: Action.UPDATED, 3: Action.UNCHANGED, 4: Action.DELETED}


def component(unit: Any) -> ComponentFacts:
    """A ComponentFacts of a Component message."""
    return ComponentFacts(
        name=unit.name,
        state=unit.state,
        pid=unit.pid,
        address=unit.address,
        reason=unit.reason,
        starts=unit.starts,
        since=unit.since.seconds + unit.since.nanos / 1e9,
    )
