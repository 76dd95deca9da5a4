"""The fields of a kind, found by the path that a person writes: `workflow.tasks.http_call.endpoint`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor
from stigmer_proto.commons.apiresource import enum_pb2

from apps.schemas.beyond import FIELDS, NOT_REQUIRED
from apps.schemas.comments import comment_of
from apps.schemas.rules import in_words, rules_of
from apps.schemas.task_configs import CONFIGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, EnumDescriptor

STRUCT = "google.protobuf.Struct"
TASK = "ai.stigmer.agentic.workflow.v1.WorkflowTask"
SCALARS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_BOOL: "boolean",
    FieldDescriptor.TYPE_DOUBLE: "number",
    FieldDescriptor.TYPE_FLOAT: "number",
}
MANIFEST = ("apiVersion", "kind", "metadata", "spec")
"""What a person writes of an envelope."""


class NoSuchField(LookupError):
    """There is none at this path. `parent` is the path up to it, `known` what is there."""

    def __init__(self, parent: str, name: str, known: tuple[str, ...]) -> None:
        self.parent, self.name, self.known = parent, name, known
        super().__init__(f"{parent} has no field {name!r}")


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a manifest. `holds` is the message whose fields are below it, if any."""

    path: str
    type: str
    meaning: str
    rules: tuple[str, ...]
    holds: Descriptor | None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition(".")[2]

    @property
    def is_required(self) -> bool:
        """Whether a manifest must have it."""
        return "required" in self.rules


def root_of(noun: str, message: Descriptor) -> Field:
    """A kind as a whole: its spec is what there is to explain."""
    spec = message.fields_by_name["spec"].message_type
    meaning = "\n".join(filter(None, (comment_of(each.full_name) for each in (message, spec) if each is not None)))
    return Field(noun, "object", meaning, (), spec)


def find(root: Field, path: str) -> Field:
    """The field at `path` below `root`, in either casing of names. Raises NoSuchField."""
    field = root
    for name in filter(None, path.split(".")):
        below = {each.name: each for each in fields_below(field)}
        wanted = name if name in below else snake(name)
        if wanted not in below:
            raise NoSuchField(field.path, name, tuple(below))
        field = below[wanted]
    return field


def fields_below(field: Field) -> Iterator[Field]:
    """What stands directly below, in the order of the contract; below tasks, each kind of task, too."""
    for each in field.holds.fields if field.holds is not None else ():
        yield field_of(each, field.path)
    for more in FIELDS.get(field.holds.full_name, ()) if field.holds is not None else ():
        yield Field(f"{field.path}.{more.name}", more.type, more.meaning, (), None)
    if field.holds is not None and field.holds.full_name == TASK:
        for kind, config in CONFIGS.items():
            meaning = comment_of(config.full_name)
            yield Field(f"{field.path}.{kind.lower()}", f"task_config of {kind}", meaning, (), config)


def field_of(descriptor: FieldDescriptor, parent: str) -> Field:
    """One field of a message."""
    inner = (map_value(descriptor) or descriptor).message_type
    holds = inner if inner is not None and not inner.full_name.startswith("google.protobuf.") else None
    return Field(
        path=f"{parent}.{descriptor.name}",
        type=type_of(descriptor),
        meaning=comment_of(descriptor.full_name),
        rules=tuple(in_words(rules_of(descriptor), is_required=descriptor.full_name not in NOT_REQUIRED)),
        holds=holds,
    )


def map_value(descriptor: FieldDescriptor) -> FieldDescriptor | None:
    """The values of a field that is a map; None for any other."""
    entry = descriptor.message_type
    return entry.fields_by_name["value"] if entry is not None and entry.GetOptions().map_entry else None


def type_of(descriptor: FieldDescriptor) -> str:
    """`string`, `list of objects`, `map of string to integer`, `one of: stdio, http`."""
    if value := map_value(descriptor):
        return f"map of string to {one(value)}"
    if descriptor.is_repeated:
        name = one(descriptor)
        return f"list of {name}s" if " " not in name else f"list, each {name}"
    return one(descriptor)


def one(descriptor: FieldDescriptor) -> str:
    """The type of a single value."""
    if descriptor.enum_type is not None:
        return f"one of {', '.join(values_of(descriptor.enum_type))}"
    if descriptor.message_type is not None:
        return "object" if descriptor.message_type.full_name != "google.protobuf.Value" else "value"
    return SCALARS.get(descriptor.type, "integer")


def values_of(enum: EnumDescriptor) -> tuple[str, ...]:
    """The values of an enum as they are written, without the one that means none."""
    prefix = "WORKFLOW_TASK_KIND_" if enum.full_name == enum_pb2.WorkflowTaskKind.DESCRIPTOR.full_name else ""
    return tuple(value.name.removeprefix(prefix) for value in enum.values if value.number)


def snake(name: str) -> str:
    """`iconUrl` as `icon_url`."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
