"""The argument that was probably meant, for a call of the SDK with one that it does not know."""

import difflib
import inspect
import re

import stigmer

UNEXPECTED = re.compile(r"^([\w.]+)\(\) got an unexpected keyword argument '(\w+)'")


def add_note(error: TypeError) -> None:
    """Have Python's own message followed by the name that is most like the wrong one, where there is one."""
    if match := UNEXPECTED.match(str(error)):
        close = difflib.get_close_matches(match[2], _arguments_of(match[1]), n=1)
        if close:
            error.add_note(f"did you mean {close[0]!r}?")


def _arguments_of(called: str) -> list[str]:
    """The names of what a function of the SDK takes: `Agent.__init__`, `case`. None for others."""
    found: object = stigmer
    for name in called.split("."):
        found = getattr(found, name, None)
    return list(inspect.signature(found).parameters) if callable(found) else []
