"""Ctrl-C where it must not come between two things."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held_back() -> Iterator[None]:
    """A KeyboardInterrupt that a signal would raise meanwhile comes at the end.

    Of signals with another handler nothing changes, and of those of other threads than the main one there are none.
    A child that is started meanwhile begins with what its parent had: exec takes handlers away.
    """
    ours = threading.current_thread() is threading.main_thread()
    taken = [number for number in NUMBERS if ours and signal.getsignal(number) is signal.default_int_handler]
    came: list[int] = []
    for number in taken:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.default_int_handler)
    if came:
        raise KeyboardInterrupt
