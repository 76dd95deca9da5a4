"""What the client's side of the daemon tells: of one that serves, and of what moves while one starts or stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from apps.backends.local.paths import DataPaths
from apps.backends.local.state import DaemonState


class RunningDaemon(NamedTuple):
    """A daemon that serves. `was_started` tells that it did not before the call.

    `web` is "" where its admin does not run: whoever answers there is somebody else.
    """

    endpoint: str
    web: str
    pid: int
    version: str
    data_dir: str
    was_started: bool = False

    @property
    def token(self) -> str:
        """What its API asks for where the setting require_token is on; "" where it never was."""
        try:
            with open(DataPaths(self.data_dir).token, encoding="ascii") as file:
                return file.read().removesuffix("\n")
        except (OSError, UnicodeDecodeError):  # the server says what is wrong with it
            return ""


class Progress(NamedTuple):
    """Something moved: `component` (daemon, api, web, temporal) is in `state`; `stage` or `reason` in words, or "".

    `note` is a sentence to be told for itself, beside what moves.
    """

    component: str
    state: str
    stage: str = ""
    reason: str = ""
    note: str = ""


OnProgress = Callable[[Progress], None]


def running_daemon(state: DaemonState, *, was_started: bool = False) -> RunningDaemon:
    admin = state.component("web")
    web = state.web if admin and admin.state not in {"FAILED", "BACKOFF"} else ""
    return RunningDaemon(state.endpoint, web, state.pid, state.version, state.data_dir, was_started)
