"""Exit codes of the daemon, read by whoever started it."""

from typing import Final

STOPPED: Final = 0
CANNOT_WRITE: Final = 74
ALREADY_RUNNING: Final = 75  # another daemon holds the lock: it is the one to talk to
FAILED: Final = 76  # the server cannot be brought up: the state file says why (1 is an unhandled exception)
