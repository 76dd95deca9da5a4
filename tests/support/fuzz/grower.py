"""Messages grown from their descriptors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from google.protobuf import json_format, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import NULL_VALUE, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from apps.resources.registry import BY_MESSAGE, KINDS
from apps.shared.message_json import is_map
from tests.support.fuzz import bases, values
from tests.support.fuzz.pool import PREFIXES, Pool

Field = Any  # a FieldDescriptor, which the stubs of the faster implementation do not name
DEEPEST: Final = 6
_TEXT: Final = FieldDescriptor.CPPTYPE_STRING


class Grower:
    """Makes requests. `wildness` is the chance that a field has a value that nobody means."""

    def __init__(self, rng: Random, pool: Pool) -> None:
        self.rng, self.pool, self.wildness, self.prefix = rng, pool, 0.0, ""

    def request(self, message_class: type[Message], prefix: str, verb: str) -> Message:
        """One for an RPC of the kind with this prefix, "" for one of no kind; nearly right, or far from it."""
        self.prefix, self.wildness = prefix, self.rng.choice((0.0, 0.02, 0.3))
        kind = BY_MESSAGE.get(message_class.DESCRIPTOR.full_name)
        if kind is not None and self.rng.random() < 0.85:
            by_id = verb == "update" or self.rng.random() < 0.1
            return self.changed(bases.envelope(kind, self.pool, by_id=by_id), self.rng.choice((0, 0, 1, 1, 2, 5)))
        right = bases.request(message_class.DESCRIPTOR.name, prefix, self.pool)
        if right is not None and self.rng.random() < 0.7:
            return self.changed(json_format.ParseDict(right, message_class()), self.rng.choice((0, 0, 0, 1, 2)))
        return self.grown(message_class)

    def grown(self, message_class: type[Message], depth: int = 0) -> Message:
        """A message of this type with some of its fields."""
        special = SPECIAL.get(message_class.DESCRIPTOR.full_name)
        if special is not None:
            return special(self)
        message = message_class()
        for field in message_class.DESCRIPTOR.fields:
            if self.rng.random() < self._chance(field, depth):
                self.fill(message, field, depth)
        return message

    def changed(self, message: Message, times: int) -> Message:
        """The message with so many of its fields made otherwise, wherever in it they are."""
        for _ in range(times):
            places = list(_places(message))
            holder, field = self.rng.choice(places)
            holder.ClearField(field.name)
            if self.rng.random() < 0.8:
                before, self.wildness = self.wildness, 0.8
                self.fill(holder, field, depth=2)
                self.wildness = before
        return message

    def fill(self, message: Message, field: Field, depth: int) -> None:
        if is_map(field):
            for _ in range(self._count()):
                self._put(getattr(message, field.name), field.message_type, depth)
        elif field.is_repeated:
            items = getattr(message, field.name)
            for _ in range(self._count()):
                items.append(self._value(field, depth))
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(self._value(field, depth))
        else:
            setattr(message, field.name, self._value(field, depth))

    def text(self, name: str) -> str:
        """For a field of this name."""
        if self.rng.random() < self.wildness:
            return values.odd_text(self.rng)
        return self._sane(name)

    def _sane(self, name: str) -> str:
        chosen = NAMED.get(name)
        if chosen is not None:
            return chosen(self)
        if name.endswith(("_id", "_ids")):
            return self.pool.id_of(PREFIXES.get(name.rpartition("_")[0], self.prefix))
        return self.pool.text(name) or values.odd_text(self.rng)

    def _chance(self, field: Field, depth: int) -> float:
        if field.message_type is not None and depth >= DEEPEST:
            return 0.0
        # Of a request that says little, all of it is needed mostly.
        return 0.4 if depth else 0.95 if len(field.containing_type.fields) < 4 else 0.7

    def _count(self) -> int:
        return self.rng.choice((1, 1, 1, 2, 3, 101 if self.rng.random() < 0.02 else 1))

    def _put(self, target: Any, entry: Any, depth: int) -> None:  # Any: a map, and the descriptor of its entries
        key_field, value_field = entry.fields_by_name["key"], entry.fields_by_name["value"]
        key = self._value(key_field, depth)
        if value_field.message_type is not None:
            target[key].CopyFrom(self._value(value_field, depth))
        else:
            target[key] = self._value(value_field, depth)

    def _value(self, field: Field, depth: int) -> Any:  # Any: as the field has it
        if field.message_type is not None:
            return self.grown(message_factory.GetMessageClass(field.message_type), depth + 1)
        if field.cpp_type == _TEXT:
            return values.odd_bytes(self.rng) if field.type == FieldDescriptor.TYPE_BYTES else self.text(field.name)
        if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
            return values.enum_number(self.rng, field)
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            return self.rng.random() < 0.5
        if field.cpp_type in {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}:
            return values.fraction(self.rng)
        return values.number(self.rng, field)


def _places(message: Any, depth: int = 0) -> Iterator[tuple[Any, Field]]:  # Any: each class has fields of its own
    """Every field of a message and of those in it."""
    for field in message.DESCRIPTOR.fields:
        yield message, field
    if depth < DEEPEST:
        for field, value in message.ListFields():
            if field.message_type is None or (is_map(field) and not _holds_messages(field)):
                continue
            # Maps have no order of their own.
            inner = [value[key] for key in sorted(value)] if is_map(field) else value if field.is_repeated else (value,)
            for each in inner:
                yield from _places(each, depth + 1)


def _holds_messages(field: Field) -> bool:
    return field.message_type.fields_by_name["value"].message_type is not None


def _any(grower: Grower) -> Message:
    """An envelope in an Any; or something else in it, or nothing that can be read."""
    kind = grower.rng.choice(KINDS)
    packed = AnyMessage()
    packed.Pack(grower.changed(bases.envelope(kind, grower.pool, by_id=False), grower.rng.choice((0, 0, 1))))
    if grower.rng.random() < grower.wildness:
        packed.type_url = grower.rng.choice(("", "/", "type.googleapis.com/", "google.protobuf.Any", packed.type_url))
        packed.value = values.damaged(grower.rng, packed.value)
    return packed


def _value_of_json(grower: Grower, depth: int = 0) -> Value:
    value, chosen = Value(), grower.rng.randrange(7 if depth < DEEPEST else 5)
    if chosen == 0:
        value.null_value = NULL_VALUE
    elif chosen == 1:
        value.number_value = values.fraction(grower.rng)
    elif chosen == 2:
        value.bool_value = True
    elif chosen == 3:
        value.string_value = values.odd_text(grower.rng)
    elif chosen == 5:
        value.list_value.values.extend(_value_of_json(grower, depth + 1) for _ in range(grower.rng.randrange(4)))
    elif chosen == 6:
        value.struct_value.CopyFrom(_struct(grower, depth + 1))
    return value  # without any kind it is none of JSON


def _struct(grower: Grower, depth: int = 0) -> Struct:
    struct = Struct()
    for _ in range(grower.rng.randrange(4)):
        struct.fields[grower.text("key")].CopyFrom(_value_of_json(grower, depth))
    if depth == 0 and grower.rng.random() < 0.05:  # a hundred messages in one another are as many as can be read
        inner: Any = struct  # Any: a Struct, which has fields of its own
        for _ in range(grower.rng.choice((5, 20, 28, 30, 31))):
            inner = inner.fields["deeper"].struct_value
        inner.fields["end"].number_value = 1
    return struct


def _timestamp(grower: Grower) -> Message:
    seconds = grower.rng.choice((0, 1, 1_764_500_000, -1, -62_135_596_801, 253_402_300_800, 2**63 - 1, -(2**63)))
    return Timestamp(seconds=seconds, nanos=grower.rng.choice((0, 0, 1, 999_999_999, -1, 2**31 - 1)))


def _mask(grower: Grower) -> Message:
    known = ("metadata", "metadata.name", "spec", "spec.instructions", "status.audit", "metadata.labels.team", "kind")
    rare = ("", ".", "spec..", "*", "spec.nothing", "metadata.name.deeper", "a" * 5000, values.SURROGATE)
    return FieldMask(paths=[grower.rng.choice(known if grower.rng.random() < 0.7 else rare) for _ in range(3)])


SPECIAL: Final[dict[str, Callable[[Grower], Message]]] = {
    "google.protobuf.Any": _any,
    "google.protobuf.Value": _value_of_json,
    "google.protobuf.Struct": _struct,
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.FieldMask": _mask,
}
_TOKENS: Final = (
    "",
    "",
    "",
    "x",
    "MQ==",
    "1:abc",
    "agt-01jzzzzzzzzzzzzzzzzzzzzzzz:1",
    "a.b.c",
    "0.0.0",
    "9.9.9",
    "-1.2.3",
)
NAMED: Final[dict[str, Callable[[Grower], str]]] = {
    **dict.fromkeys(("id", "value"), lambda grower: grower.pool.id_of(grower.prefix)),
    "kind": lambda grower: grower.pool.kind(),
    "org": lambda grower: grower.pool.org(),
    **dict.fromkeys(("slug", "name"), lambda grower: grower.pool.text("slug") or grower.pool.name()),
    **dict.fromkeys(("project", "team"), lambda grower: grower.pool.name()),
    **dict.fromkeys(("agent", "workflow"), lambda grower: grower.pool.text("slug")),
    "agent_instance": lambda grower: grower.pool.id_of("ain"),
    "session": lambda grower: grower.pool.id_of("ses"),
    "workflow_instance": lambda grower: grower.pool.id_of("win"),
    "phase": lambda grower: grower.rng.choice(("", "pending", "EXECUTION_PENDING", "FAILED", "completed", "live")),
    "sort": lambda grower: grower.rng.choice(("", "started", "duration", "tokens")),
    **dict.fromkeys(
        ("page_token", "position"),
        lambda grower: grower.rng.choice((*_TOKENS, grower.pool.text("page_token"), grower.pool.text("position"))),
    ),
    "version_hash": lambda grower: grower.pool.text("version_hash") or "a" * 64,
    "relation": lambda grower: grower.rng.choice(("viewer", "owner", "can_view", "can_edit", "member")),
    "request_id": lambda grower: f"request-{grower.rng.randrange(30)}",
    "environments": lambda grower: grower.pool.text("slug"),
    **dict.fromkeys(
        ("text", "error"), lambda grower: grower.rng.choice(("hello", 'a "b" OR c*', "NEAR(", "é", "''", "-"))
    ),
    "key": lambda grower: grower.rng.choice(("a", "count", "team", "KEY", "")),
    **dict.fromkeys(("labels", "tags"), lambda grower: grower.rng.choice(("red", "core", ""))),
}
