"""What people read when something goes wrong, and the exit code that scripts read.

Grammar: `error: <sentence>`, further lines indented, a blank line, `hint: <what to do>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends import base, errors
from cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A person reads no more than this; the rest is counted.
VIOLATIONS_SHOWN = 200


class CliError(Exception):
    """A failure that the command line itself found.

    `hint` is what to do about it, best an exact command; `details` are further lines for people. `reason` is for
    programs; without one, the exit code has to say enough, which FAILED does not. One that `is_result` tells how what
    was asked for ended (a run that failed): whoever wants data has it already.
    """

    reason: str = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: Iterable[str] = (),
        exit: Exit = Exit.FAILED,  # noqa: A002
        reason: str = "",
        is_result: bool = False,
    ) -> None:
        super().__init__(message)
        if reason:
            self.reason = reason
        self.is_result = is_result
        self.hint = hint
        self.details = tuple(details)
        self.exit = exit


class InvalidRun(base.Invalid):
    """What a run was asked for with is refused: that is how the command was written, and nothing of it is stored."""

    @classmethod
    def of(cls, refused: base.Invalid) -> InvalidRun:
        """The same, with the exit code of a misuse."""
        return cls(
            str(refused),
            violations=refused.violations,
            left_out=refused.left_out,
            hint=refused.hint,
            reason=refused.reason,
        )


# First match wins, so a subclass stands before its base.
EXIT_OF: tuple[tuple[type[Exception], Exit], ...] = (
    (InvalidRun, Exit.MISUSE),
    (base.NotFound, Exit.NOT_FOUND),
    (base.Conflict, Exit.CONFLICT),
    (base.Unauthenticated, Exit.AUTHENTICATION),
    (base.Forbidden, Exit.AUTHENTICATION),
    (base.TimedOut, Exit.TIMEOUT),
    (errors.OrganizationNotLocal, Exit.MISUSE),
    (errors.UnknownKey, Exit.MISUSE),
    (errors.BadValue, Exit.MISUSE),
)

# By the word instead of the class, where the class stands in a module that few commands need.
EXIT_OF_REASON = {
    "stigmer.local.start_timeout": Exit.TIMEOUT,
    "stigmer.local.stop_timeout": Exit.TIMEOUT,
    "stigmer.client.unclear_target": Exit.MISUSE,
}


def exit_code(error: Exception) -> Exit:
    """The exit code for `error`; FAILED for one that nobody foresaw."""
    if isinstance(error, CliError):
        return error.exit
    by_reason = EXIT_OF_REASON.get(getattr(error, "reason", ""), Exit.FAILED)
    return next((code for kind, code in EXIT_OF if isinstance(error, kind)), by_reason)


def render(error: Exception) -> str:
    """`error` in the grammar of this module, without a line break at the end."""
    lines = [f"error: {sentence(error)}"]
    if isinstance(error, base.Invalid):
        lines += violation_lines(error)
    details: Iterable[str] = error.details if isinstance(error, CliError) else getattr(error, "lines", ())
    lines += [f"  {line}" if line else "" for line in details]
    hint = getattr(error, "hint", "")
    if hint:
        lines += ["", f"hint: {hint}"]
    return "\n".join(lines)


def sentence(error: Exception) -> str:
    """What `error` says, without the complaints that follow it line by line."""
    if isinstance(error, base.Invalid) and len(error.violations) > 1 and error.violations[0].message in str(error):
        return f"refused, for {len(error.violations) + error.left_out} reasons"
    return str(error)


def violation_lines(error: base.Invalid) -> Iterator[str]:
    """One line for each refused field, in the order of the server."""
    found = error.violations
    if len(found) == 1 and found[0].message in str(error):
        return
    for violation in found[:VIOLATIONS_SHOWN]:
        yield f"  {violation.path}: {violation.message}" if violation.path else f"  {violation.message}"
    more = len(found) - VIOLATIONS_SHOWN if len(found) > VIOLATIONS_SHOWN else 0
    if more + error.left_out:
        yield f"  ... and {more + error.left_out} more"
