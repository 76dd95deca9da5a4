"""Synthesis at the end of a program that was started without the SDK's entry point, as `python main.py`.

Exit handlers do not learn how the program ended, so this notes it: an uncaught exception leaves its mark in `sys`,
and `sys.exit` is watched. A bare `raise SystemExit(3)` goes unseen here; `stigmer.entry`, which `stigmer apply`
uses, sees it.
"""

import atexit
import os
import sys
from typing import NoReturn

from stigmer.synthesis import OUT_DIR, synthesize

_leave = sys.exit


def install() -> None:
    """Arrange it, when there is somewhere to write to."""
    if os.environ.get(OUT_DIR):
        sys.exit = _watched_exit
        atexit.register(_at_exit)


def remove() -> None:
    """Leave synthesis to somebody who knows how the program ends."""
    sys.exit = _leave
    atexit.unregister(_at_exit)


def succeeded(code: object) -> bool:
    """Whether an exit code says that all went well: none and 0 do."""
    return code is None or code == 0


def _watched_exit(code: "sys._ExitCode | None" = None, /) -> NoReturn:
    if not succeeded(code):
        remove()
    _leave(code)


def _at_exit() -> None:
    if getattr(sys, "last_value", None) is not None:
        return
    try:
        synthesize()
    except BaseException as error:
        # An exception of an exit handler would not change the exit code.
        sys.excepthook(type(error), error, None)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
