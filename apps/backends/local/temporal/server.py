"""How the server is started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from apps.processes.addresses import parse_address

if TYPE_CHECKING:
    from apps.backends.local.temporal.find import Program

# Stock servers look into each queue 20 times a second, so that every step of a workflow waits 50 ms for its
# turn: with these one activity takes 50 ms instead of 150, ten in sequence 0.2 s instead of 1 s.
_FASTER: Final = (
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
    "history.visibilityProcessorMaxPollRPS=200",
    "system.enableActivityEagerExecution=true",
)
# It keeps each run that it had to do with for an hour, up to 128,000 of them, 5 MB for a thousand. What is not kept it
# reads from its database.
_SMALLER: Final = ("history.hostLevelCacheMaxSize=1000",)
# What was acknowledged is on disk.
_DURABLE: Final = ("journal_mode=wal", "synchronous=2")


def database(data_dir: str, program: Program) -> str:
    """One directory for each version of the server: another may not be able to read what this one writes.

    The server's, not that of the command line around it, which changes more often.
    """
    return os.path.join(data_dir, "temporal", program.server.replace("/", "_"), "temporal.db")


def command(program: Program, address: str, database_file: str) -> tuple[str, ...]:
    host, port = parse_address(address)
    return (
        program.path,
        *("server", "start-dev", "--headless", "--ip", host, "--port", str(port), "--log-level", "error"),
        *("--db-filename", database_file),
        *("--env-file", database_file + ".no-settings"),  # those in the user's home are not for us
        *(part for pragma in _DURABLE for part in ("--sqlite-pragma", pragma)),
        *(part for value in (*_FASTER, *_SMALLER) for part in ("--dynamic-config-value", value)),
    )
