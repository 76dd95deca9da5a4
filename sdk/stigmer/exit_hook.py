"""Writing what a program made when it ends, whichever way: threads and exit handlers may declare things, too.

This is the first exit handler of a program, so it runs last. Exit handlers do not learn how the program ended: an
uncaught exception leaves its mark in `sys`, and `sys.exit` is watched. A bare `raise SystemExit(3)` goes unseen here;
`stigmer.entry`, which `stigmer apply` uses, sees it and calls `remove`.
"""

import atexit
import os
import sys
from typing import NoReturn

from stigmer import registry
from stigmer.synthesis import OUT_DIR, synthesize

_leave = sys.exit


def install() -> None:
    """Arrange it, when there is somewhere to write to."""
    if os.environ.get(OUT_DIR):
        sys.exit = _watched_exit
        atexit.register(_at_exit)


def take_over() -> None:
    """Arrange it in any case, for somebody who sees how the program ends."""
    sys.exit = _leave
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)


def remove() -> None:
    """Write nothing: the program has failed."""
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
    registry.close(_fail)
    try:
        synthesize()
    except BaseException as error:
        _fail(error)


def _fail(error: BaseException) -> NoReturn:
    """An exception of an exit handler, or of a thread that is left behind, would not change the exit code."""
    sys.excepthook(type(error), error.with_traceback(None), None)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
