"""The grammar of jq as far as the SDK writes it: how tightly things bind, and how values are spelled."""

import json
import math
from typing import Final

from stigmer.errors import DefinitionError

# The largest number that JSON and protobuf's Struct carry exactly: they know only 64-bit floats.
EXACT: Final = 2**53

# How tightly a piece of text binds, from loosest to tightest.
PIPE: Final = 0
ALTERNATIVE: Final = 1
OR: Final = 2
AND: Final = 3
COMPARISON: Final = 4
SUM: Final = 5
PRODUCT: Final = 6
TERM: Final = 7


def parenthesised(text: str, binds: int, at_least: int) -> str:
    """The text, in parentheses when it binds less tightly than its place demands."""
    return text if binds >= at_least else f"({text})"


def quoted(text: str) -> str:
    """A string of jq. JSON's spelling serves: it leaves no backslash before a parenthesis."""
    return json.dumps(text, ensure_ascii=False)


def spelled(owner: str, argument: str, value: bool | float | str | None) -> str:
    """A plain value as jq and JSON spell it."""
    plain = number(owner, argument, value) if isinstance(value, float | int) else value
    return json.dumps(plain, ensure_ascii=False)


def number(owner: str, argument: str, value: float) -> float:
    """A number that a workflow can hold exactly."""
    if isinstance(value, int) and abs(value) > EXACT:
        raise DefinitionError(owner, argument, f"cannot be {value}: beyond 2**53 give it as a string")
    if not math.isfinite(value):
        raise DefinitionError(owner, argument, f"cannot be {value}: JSON has no such number")
    return value


def member(base: str, key: str) -> str:
    """A member of what `base` says: `.title`, or `["pull request"]` where the key is no plain word."""
    if key.isidentifier() and key.isascii():
        return f".{key}" if base == "." else f"{base}.{key}"
    return f"{base}[{quoted(key)}]"


def is_path(text: str) -> bool:
    """Whether the text is a plain path from the data (`.item.id`): written without spaces in the braces."""
    return text.startswith(".") and all(part.isidentifier() for part in text[1:].split(".") if text != ".")


def wrapped(text: str) -> str:
    """The text as an expression of a workflow."""
    return "${" + text + "}" if is_path(text) else "${ " + text + " }"


def end_of_expression(text: str, start: int) -> int:
    """Where the expression ends whose `${` stands at `start`: the index after its brace, -1 when there is none."""
    depth, quote, index = 0, "", start + 1
    while index < len(text):
        character = text[index]
        if quote:
            if character == "\\":
                index += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return index + 1
        index += 1
    return -1
