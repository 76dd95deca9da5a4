"""What the SDK says about a definition that cannot be right, and where in the user's files it stands."""

import os
import sys
from typing import NamedTuple

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep  # noqa: PTH100, PTH120 - pathlib costs 5 ms at import


class Place(NamedTuple):
    """A line of the user's program."""

    filename: str
    line: int

    def __str__(self) -> str:
        return f"{_shown(self.filename)}:{self.line}"


def is_sdk_file(filename: str) -> bool:
    """Whether the file is one of the SDK's own."""
    return filename.startswith(_PACKAGE)


def caller() -> Place:
    """The innermost line outside the SDK: the one the user can change."""
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to walk the stack without importing inspect
    while frame.f_back is not None and is_sdk_file(frame.f_code.co_filename):
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


class DefinitionError(ValueError):
    """A definition that cannot be deployed.

    `argument` names what is wrong, `place` is the line in the user's program. The message says both.
    """

    __module__ = "stigmer"

    def __init__(self, owner: str, argument: str, problem: str, place: Place | None = None) -> None:
        self.argument = argument
        self.place = place or caller()
        subject = ": ".join(part for part in (owner, argument) if part)
        super().__init__(f"{subject} {problem} ({self.place})")


class DistributionMissing(ImportError):
    """`stigmer.Client` where this Python has only the SDK, or something else under the name of one of our packages."""

    __module__ = "stigmer"

    def __init__(self, cause: ImportError) -> None:
        other = sys.modules.get("apps")
        found = next(iter(getattr(other, "__path__", ())), "")
        if found:
            why = f"{found} stands where its own package `apps` should: rename it, or run the program from elsewhere"
        else:
            why = f"this Python ({sys.executable}) has the SDK alone: install Stigmer's wheel in it, as for the command"
        super().__init__(f"stigmer.Client needs the whole of Stigmer: {why} ({cause})")


def _shown(filename: str) -> str:
    """The path as short as it stays clear: relative to the current directory when below it."""
    here = os.getcwd() + os.sep  # noqa: PTH109 - see above
    return filename.removeprefix(here)
