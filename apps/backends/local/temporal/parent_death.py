"""Sharing the daemon's fate: a unit that has become another program cannot watch for its end itself."""

from __future__ import annotations

import signal
import socket
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with_daemon(channel: socket.socket) -> bool:
    """Have the kernel send us TERM when our parent, the daemon, ends; it stays so over an exec. Linux only.

    False when it has ended already: its end of `channel` is closed, and nobody would send anything.
    """
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    try:
        return bool(channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return True
