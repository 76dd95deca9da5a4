"""The published contract alone: what a server without our extension API can be asked instead.

Its services are one for each kind, and all alike; their methods and messages are found by their descriptors. What
the contract has no RPC for (a list of agents, the end of a run) stays Unsupported.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from apps.backends import kinds
from apps.backends.base import Unsupported
from apps.backends.grpc_runs import SPEAKERS, plain, task, tool_call, word
from apps.backends.runs import (
    Change,
    MessageAdded,
    MessagesDropped,
    OutputSet,
    Phase,
    PhaseChanged,
    RunEvent,
    TextAppended,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Message = Any  # generated classes
ORGANIZATION_SCOPE = "organization"


class Call(NamedTuple):
    """One RPC: the method's full path, the request, and the class of what it answers."""

    method: str
    request: bytes
    answer: Any


def get(kind: str, *, org: str, slug: str, resource_id: str) -> Call:
    """The resource of a kind, by id when there is one, else by slug. Raises Unsupported."""
    if resource_id:
        return call(kind, "get", {"": resource_id})
    return call(kind, "getByReference", {"org": org, "slug": slug, "scope": ORGANIZATION_SCOPE})


def subscribe(execution_id: str, kind: str) -> Call:
    """The whole object of a run, again and again until it has ended."""
    return call(kind, "subscribe", {"": execution_id})


def call(kind: str, method: str, fields: dict[str, str]) -> Call:
    """A Call of a kind's QueryController; "" stands for the only field of a request."""
    row = kinds.BY_NAME[kind]
    import_module(f"stigmer_proto.{row.package}.query_pb2")
    pool = row.message_class().DESCRIPTOR.file.pool
    service = pool.FindServiceByName(f"{row.message_name}QueryController")
    found = service.methods_by_name.get(method)
    if found is None:
        raise Unsupported(f"the contract has no {method} for {row.plural}")
    from google.protobuf.message_factory import GetMessageClass

    request = GetMessageClass(found.input_type)()
    for name, value in fields.items():
        field = found.input_type.fields_by_name[name] if name else found.input_type.fields[0]
        setattr(request, field.name, field.enum_type.values_by_name[value].number if field.enum_type else value)
    path = f"/{service.full_name}/{method}"
    return Call(path, request.SerializeToString(), GetMessageClass(found.output_type))


def events(objects: Iterable[Message], after: int) -> Iterator[RunEvent]:
    """What happened between one object of a run and the next.

    A subscription begins with the object as it is, so whoever saw events before (`after` is not 0) is first told
    to drop what they have.
    """
    before = None
    for count, current in enumerate(objects, start=after + 1):
        dropped = [MessagesDropped(0)] if before is None and after else []
        yield RunEvent(count, time.time(), (*dropped, *differences(before, current)))
        before = current


def differences(before: Message, after: Message) -> Iterator[Change]:
    """What `after` has and `before` (None at first) had not; the phase comes last, for it ends a run."""
    old, new = (before.status if before is not None else None), after.status
    yield from said(list(old.messages) if old is not None and hasattr(old, "messages") else [], new)
    for name, read in (("tool_calls", tool_call), ("tasks", task)):
        known = {entry.SerializeToString() for entry in getattr(old, name, ())}
        yield from (read(entry) for entry in getattr(new, name, ()) if entry.SerializeToString() not in known)
    if hasattr(new, "output") and new.HasField("output") and (old is None or old.output != new.output):
        yield OutputSet(plain(new.output))
    if old is None or old.phase != new.phase:
        yield PhaseChanged(Phase.of(new.phase), new.error)


def said(old: list[Message], new: Message) -> Iterator[Change]:
    """What was said since: texts that have grown, messages that are new, those taken back."""
    messages = list(getattr(new, "messages", ()))
    same = 0
    for one, other in zip(old, messages, strict=False):
        if not other.content.startswith(one.content):
            break
        if len(other.content) > len(one.content):
            yield TextAppended(same, other.content[len(one.content) :])
        same += 1
    if same < len(old):
        yield MessagesDropped(same)
    for index in range(same, len(messages)):
        one = messages[index]
        yield MessageAdded(index, word(SPEAKERS, "MESSAGE_", one.type), one.content)
