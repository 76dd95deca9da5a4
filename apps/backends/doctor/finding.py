"""What a check has found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

OK: Final = "ok"
WARN: Final = "warn"
FAIL: Final = "fail"


class Finding(NamedTuple):
    """`level` is OK, WARN or FAIL, `hint` what to do. `mend` does it where it is safe, and says what it did."""

    level: str
    text: str
    hint: str = ""
    mend: Callable[[], str] | None = None
    check: str = ""


def ok(text: str) -> Finding:
    return Finding(OK, text)


def warn(text: str, hint: str, mend: Callable[[], str] | None = None) -> Finding:
    return Finding(WARN, text, hint, mend)


def fail(text: str, hint: str, mend: Callable[[], str] | None = None) -> Finding:
    return Finding(FAIL, text, hint, mend)
