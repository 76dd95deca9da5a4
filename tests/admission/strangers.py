"""Another user of this machine: connections that a process of theirs makes, where tests may start one (as root).

Elsewhere they are our own, and the server under test is told that it is somebody else's: `OWNERS`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from types import TracebackType
from typing import Final

IS_ROOT: Final = os.geteuid() == 0
NOBODY: Final = 65534
OWNERS: Final = frozenset({os.geteuid()} if IS_ROOT else {os.geteuid() + 1})
_PASS_ON: Final = 'exec 3<>"/dev/tcp/$1/$2"; cat <&3 & exec cat >&3'


class Stranger:
    """A port of ours; what connects there is passed on to `port` by processes of another user."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._to = (host, str(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._processes: list[subprocess.Popen[bytes]] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> Stranger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        for process in self._processes:
            process.kill()
            process.wait()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._processes.append(_pass_on(connection, self._to))


def _pass_on(connection: socket.socket, to: tuple[str, str]) -> subprocess.Popen[bytes]:
    # Not Popen's own `user`: with it Python forks, which gRPC in this process has handlers for that may wait for ever.
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if IS_ROOT else []
    command = [*become, "bash", "-c", _PASS_ON, "stranger", *to]
    return subprocess.Popen(command, stdin=connection.fileno(), stdout=connection.fileno(), cwd="/")
