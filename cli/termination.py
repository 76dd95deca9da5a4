"""TERM and HUP, whose default is to end a process on the spot, as a Ctrl-C: an ending that cleans up behind itself."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = (signal.SIGTERM, signal.SIGHUP)


def interrupt_on_termination() -> list[signal.Signals]:
    """Lets `with` blocks run to their end when this process is told to end; returns what `undo` takes.

    A handler that somebody else has set stays. Only the main thread may set any, elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        return []
    taken = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, signal.default_int_handler)
    return taken


def undo(taken: list[signal.Signals]) -> None:
    """Gives the signals that `interrupt_on_termination` took their default back."""
    for number in taken:
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def termination_interrupts() -> Iterator[None]:
    """What `interrupt_on_termination` does, until the end of the block."""
    taken = interrupt_on_termination()
    try:
        yield
    finally:
        undo(taken)


def ignore_endings() -> None:
    """No further Ctrl-C, TERM or HUP comes between: for the last words."""
    for number in (signal.SIGINT, *ENDING):
        signal.signal(number, signal.SIG_IGN)
