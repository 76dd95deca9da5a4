"""Python values as a workflow's task_config holds them."""

from collections.abc import Mapping, Sequence
from typing import Any

from stigmer import checks
from stigmer.errors import DefinitionError
from stigmer.expression import as_expression
from stigmer.jq import number, spelled
from stigmer.template import template


def json_value(owner: str, argument: str, value: object) -> Any:
    """A value inside a body, request or input: expressions become their text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return number(owner, argument, value)
    if isinstance(value, str):
        return template(checks.text(owner, argument, value))
    if isinstance(value, Mapping):
        return json_object(owner, argument, value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [json_value(owner, f"{argument}[{index}]", item) for index, item in enumerate(value)]
    return str(as_expression(value, owner, argument))


def json_object(owner: str, argument: str, value: object) -> dict[str, Any]:
    """A dict of such values."""
    members = checks.mapping(owner, argument, value)
    return {key: json_value(owner, f"{argument}[{key!r}]", item) for key, item in members.items()}


def text_value(owner: str, argument: str, value: object) -> str:
    """A value where the contract has text: numbers and booleans are spelled out."""
    if isinstance(value, str):
        return template(checks.text(owner, argument, value))
    if isinstance(value, bool | int | float):
        return spelled(owner, argument, value)
    if value is None:
        raise DefinitionError(owner, argument, "must not be None")
    return str(as_expression(value, owner, argument))


def text_object(owner: str, argument: str, value: object) -> dict[str, str]:
    """A dict of such values."""
    members = checks.mapping(owner, argument, value)
    return {
        checks.required(owner, f"a key of {argument}", key): text_value(owner, f"{argument}[{key!r}]", item)
        for key, item in members.items()
    }


def variable(owner: str, argument: str, value: object) -> str:
    """A value of a SET task: text stays text, everything else is an expression and so keeps its type."""
    if isinstance(value, str):
        return template(checks.text(owner, argument, value))
    return str(as_expression(value, owner, argument))


def program(owner: str, argument: str, value: object) -> str:
    """A value where the contract has one expression: text is taken as it stands."""
    if isinstance(value, str):
        return checks.required(owner, argument, value)
    return str(as_expression(value, owner, argument))
