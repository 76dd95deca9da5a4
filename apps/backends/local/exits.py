"""Exit codes of the daemon, read by whoever started it."""

from typing import Final

STOPPED: Final = 0
FAILED: Final = 1  # the state file says why
CANNOT_WRITE: Final = 74
ALREADY_RUNNING: Final = 75  # another daemon holds the lock: it is the one to talk to
