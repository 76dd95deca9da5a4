"""Python values as a workflow's task_config holds them."""

from collections.abc import Mapping, Sequence
from typing import Any

from stigmer.errors import DefinitionError
from stigmer.expression import Expression, as_expression
from stigmer.jq import number, spelled
from stigmer.template import template


def json_value(owner: str, argument: str, value: object) -> Any:
    """A value inside a body, request or input: expressions become their text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return number(owner, argument, value)
    if isinstance(value, str):
        return template(value)
    if isinstance(value, Mapping):
        return json_object(owner, argument, value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [json_value(owner, f"{argument}[{index}]", item) for index, item in enumerate(value)]
    return str(_expression(owner, argument, value))


def json_object(owner: str, argument: str, value: object) -> dict[str, Any]:
    """A dict of such values."""
    if not isinstance(value, Mapping):
        raise DefinitionError(owner, argument, f"must be a dict, not {type(value).__name__}")
    for key in value:
        if not isinstance(key, str) or not key:
            raise DefinitionError(owner, argument, f"must have strings as keys, not {key!r}")
    return {key: json_value(owner, f"{argument}[{key!r}]", item) for key, item in value.items()}


def text_value(owner: str, argument: str, value: object) -> str:
    """A value where the contract has text: numbers and booleans are spelled out."""
    if isinstance(value, str):
        return template(value)
    if isinstance(value, bool | int | float):
        return spelled(value)
    if value is None:
        raise DefinitionError(owner, argument, "must not be None")
    return str(_expression(owner, argument, value))


def variable(owner: str, argument: str, value: object) -> str:
    """A value of a SET task: text stays text, everything else is an expression and so keeps its type."""
    return template(value) if isinstance(value, str) else str(_expression(owner, argument, value))


def program(owner: str, argument: str, value: object) -> str:
    """A value where the contract has one expression: text is taken as it stands."""
    if isinstance(value, str):
        if not value.strip():
            raise DefinitionError(owner, argument, "must not be empty")
        return value
    return str(_expression(owner, argument, value))


def _expression(owner: str, argument: str, value: object) -> Expression:
    try:
        return as_expression(value)
    except DefinitionError:
        problem = f"must be JSON, a task or an expression, not {type(value).__name__}"
        raise DefinitionError(owner, argument, problem) from None
