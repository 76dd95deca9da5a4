"""The first of the program to run: `stigmer`, and `python -m cli`."""

from __future__ import annotations

# Not `signal`, which imports more than this file may: until its first lines have run, Ctrl-C is a traceback.
import _signal as signal  # type: ignore[import-not-found]  # the builtin half of it

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> NoReturn:
    """Import the command line and run it. Until it is there, Ctrl-C ends the process at once and without words."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a shell may have it ignored
    if is_ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cli import main

    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    main.run()


if __name__ == "__main__":
    run()
