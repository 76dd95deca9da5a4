"""What a workflow declares of its input: a JSON Schema, of a dataclass, a TypedDict, a pydantic model, or as it is."""

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal, Union, get_args, get_origin

from stigmer.errors import DefinitionError

ANNOTATION: Final = "stigmer.ai/input-schema"
Schema = dict[str, Any]
PLAIN: Final[dict[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Any: {},
    object: {},
    dict: {"type": "object"},
    list: {"type": "array"},
}


def schema_text(owner: str, declared: object) -> str:
    """The value of the annotation. Raises DefinitionError for what declares no object."""

    def fail(why: str) -> DefinitionError:
        return DefinitionError(owner, "input", why)

    made = getattr(declared, "model_json_schema", None)
    if isinstance(declared, Mapping):
        schema = dict(declared)
    elif callable(made):
        schema = made()  # pydantic's
    elif dataclasses.is_dataclass(declared) or typing.is_typeddict(declared):
        schema = _of(declared, fail, ())
    else:
        raise fail(f"must be a dataclass, a TypedDict, a pydantic model or a JSON Schema, not {declared!r}")
    if schema.get("type", "object") != "object":
        raise fail('must describe an object: {"type": "object", "properties": {...}}')
    try:
        return json.dumps(schema, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise fail(f"is not JSON: {error}") from None


Fail = Callable[[str], DefinitionError]


def _of(hint: Any, fail: Fail, within: tuple[Any, ...]) -> Schema:
    """The schema of a type. `within` are the classes that it stands in."""
    if hint in within:
        raise fail(f"{hint.__name__} holds itself: write the JSON Schema of it")
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _of_dataclass(hint, fail, (*within, hint))
    if typing.is_typeddict(hint):
        return _of_typed_dict(hint, fail, (*within, hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [member.value for member in hint]}
    if get_origin(hint) is not None:
        return _of_generic(get_origin(hint), get_args(hint), fail, within)
    try:
        return dict(PLAIN[hint])
    except (KeyError, TypeError):
        raise fail(f"has a field of {hint!r}, which JSON does not have") from None


def _of_generic(origin: Any, arguments: tuple[Any, ...], fail: Fail, within: tuple[Any, ...]) -> Schema:
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(each, fail, within) for each in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Annotated, typing.Required, typing.NotRequired):
        return _of(arguments[0], fail, within)
    inner = _of(arguments[-1], fail, within)
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": inner}
    if origin in (list, set, frozenset, Sequence):
        return {"type": "array", "items": inner}
    raise fail(f"has a field of {origin!r}, which JSON does not have")


def _of_dataclass(declared: Any, fail: Fail, within: tuple[Any, ...]) -> Schema:
    hints = typing.get_type_hints(declared, include_extras=True)
    properties, required = {}, []
    for field in dataclasses.fields(declared):
        properties[field.name] = _of(hints[field.name], fail, within)
        if field.default is not dataclasses.MISSING:
            properties[field.name]["default"] = _default(field.default)
        elif field.default_factory is not dataclasses.MISSING:
            properties[field.name]["default"] = _default(field.default_factory())
        else:
            required.append(field.name)
    return _object(properties, required)


def _of_typed_dict(declared: Any, fail: Fail, within: tuple[Any, ...]) -> Schema:
    hints = typing.get_type_hints(declared, include_extras=True)
    properties = {name: _of(hint, fail, within) for name, hint in hints.items()}
    return _object(properties, sorted(declared.__required_keys__, key=list(hints).index))


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _default(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value.isoformat() if isinstance(value, date) else value
