"""`python -P -m apps.backends.local.temporal.run`: the unit `temporal`, told what to run by the daemon's settings.

Finds or downloads the program, then becomes it. Speaks the units' side of the supervisor's protocol
(supervisor/unit.py) on STIGMER_SUPERVISOR_FD. `{"ready": true}` is said just before the program takes over:
the supervisor goes by the port from there on.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import TYPE_CHECKING

from apps.backends.local.temporal import find, parent_death, server
from apps.backends.local.temporal.unavailable import TemporalUnavailable
from apps.backends.local_settings import VARIABLE, from_json

if TYPE_CHECKING:
    from apps.backends.local.temporal.release import Release
    from apps.backends.local_settings import ManagedTemporal

TRY_AGAIN_SECONDS = 60.0  # a network that is away comes back, or somebody installs the program


class Launcher:
    """`release` is a parameter for tests: the archive to download where nothing is found."""

    def __init__(self, channel: socket.socket | None, release: Release | None = None) -> None:
        self._channel = channel
        self._release = release

    def run(self, address: str, data_dir: str, wanted: ManagedTemporal) -> int:
        """Returns only when Temporal cannot be started: the exit code."""
        try:
            program = find.find(wanted, os.environ.get("PATH", ""), print) or self._download(wanted)
            self._become(program, address, data_dir)
        except TemporalUnavailable as error:
            retry = {} if error.permanent else {"retry_seconds": TRY_AGAIN_SECONDS}
            self._say(failed=error.message, hint=error.hint, permanent=error.permanent, **retry)
            print(error.message)
        return 1

    def _download(self, wanted: ManagedTemporal) -> find.Program:
        # Half of the standard library's network code: only where it is needed.
        from apps.backends.local.temporal.download import download
        from apps.backends.local.temporal.release import release_for

        release = self._release or release_for(wanted.version)
        path = download(release, wanted.cache_dir, lambda stage: self._say(stage=stage))
        try:
            return find.look_at(path)
        except find.NotTemporal as error:
            raise TemporalUnavailable(
                f"Temporal {wanted.version} was downloaded to {path}, but {error}",
                hint=f"Remove {path} and look for what keeps programs there from running",
            ) from None

    def _become(self, program: find.Program, address: str, data_dir: str) -> None:
        database = server.database(data_dir, program)
        try:
            os.makedirs(os.path.dirname(database), mode=0o700, exist_ok=True)
            print(f"starting {program.path} (version {program.version}, server {program.server}) on {database}")
            self._say(stage=f"starting Temporal {program.version}", ready=True)
            sys.stdout.flush()
            command = server.command(program, address, database)
            os.execve(program.path, command, find.environment(os.environ))  # noqa: S606  # no shell is meant
        except OSError as error:
            raise TemporalUnavailable(f"Temporal cannot be started: {error}") from None

    def _say(self, **message: object) -> None:
        if self._channel is None:
            return
        try:
            self._channel.sendall(json.dumps(message).encode() + b"\n")
        except OSError:  # the daemon is gone
            sys.exit(1)


def main(release: Release | None = None) -> int:
    settings = from_json(os.environ[VARIABLE])
    if settings.temporal is None:
        raise AssertionError("the daemon runs this unit only where it is to run Temporal")
    channel = None
    if number := os.environ.get("STIGMER_SUPERVISOR_FD", ""):
        channel = socket.socket(fileno=int(number))
        channel.set_inheritable(False)  # closed by exec
        if not parent_death.end_with_daemon(channel):
            return 1
    return Launcher(channel, release).run(settings.temporal_address, settings.data_dir, settings.temporal)


if __name__ == "__main__":
    sys.exit(main())
