"""Ports for servers that tests start: each is given out once, and by the kernel to nobody.

What the kernel gives (port 0) may be taken again before the server is up: by a connection to somewhere, or as the port
of another test that runs beside. So ours lie below those of the kernel (from 32,768 on), and every process has some
to itself for as long as it lives.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import itertools
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

FIRST, LAST = 12_000, 32_000
OF_ONE_PROCESS = 100


def free_port() -> int:
    """A port that nobody listens on, on either loopback."""
    return next(port for port in _ports(os.getpid()) if _is_free(port))


@functools.cache  # by process: what is forked needs ports of its own
def _ports(process: int) -> Iterator[int]:
    places = Path(tempfile.gettempdir(), f"stigmer-ports-{os.getuid()}")
    places.mkdir(mode=0o700, exist_ok=True)
    for first in range(FIRST, LAST, OF_ONE_PROCESS):
        # Held until the process ends; not inherited by what it starts.
        place = os.open(places / str(first), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(place)
        else:
            # In no order: some tests ask what becomes of the next port.
            return itertools.cycle(random.sample(range(first, first + OF_ONE_PROCESS), OF_ONE_PROCESS))
    raise RuntimeError(f"process {process}: other tests have all ports from {FIRST} to {LAST}")


def _is_free(port: int) -> bool:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: nobody is left there
                probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
    return True
