"""Who sits on a port, in words: for errors that name whoever is in the way."""

from __future__ import annotations

import json
import pwd
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from apps.backends.local_settings import from_environ
from apps.processes.addresses import Address
from apps.processes.listeners import find_listener
from apps.processes.sockets import listening_user

if TYPE_CHECKING:
    import psutil

_COMMAND_SHOWN: Final = 100  # characters of a command line: enough to recognise it


class Holder(NamedTuple):
    """Who listens on a port. `pid` is 0 when the system does not tell us (another user's process).

    `data_dir` is that of the Stigmer server it belongs to, or "".
    """

    port: int
    pid: int = 0
    name: str = ""
    command: str = ""
    data_dir: str = ""
    user: str = ""

    def __str__(self) -> str:
        if not self.pid:
            whose = f"a process of user {self.user}" if self.user else "another process"
            return f"port {self.port} is held by {whose} (the system does not say which)"
        if self.data_dir:
            return f"port {self.port} is held by the Stigmer server of {self.data_dir} (pid {self.pid})"
        return f"port {self.port} is held by {self.name} (pid {self.pid}: {self.command})"


def find_holder(port: int) -> Holder:
    """Who listens on TCP `port` (psutil is loaded: not for hot paths)."""
    process = find_listener(port)
    return _described(port, process) if process else Holder(port, user=_user_of(port))


def _user_of(port: int) -> str:
    uid = listening_user(Address("localhost", port))
    if uid is None:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _described(port: int, process: psutil.Process) -> Holder:
    import psutil

    try:
        command = " ".join(process.cmdline()) or process.name()
        holder = Holder(port, process.pid, process.name(), _shortened(command))
        if "stigmer_site" in command or process.name() == "temporal":
            settings = from_environ(process.environ())
            return holder._replace(data_dir=settings.data_dir) if settings else holder
    except psutil.Error:
        return Holder(port, process.pid, "a process", "it has just ended or is not ours to look at")
    return holder


def _shortened(command: str) -> str:
    return command if len(command) <= _COMMAND_SHOWN else command[: _COMMAND_SHOWN - 1] + "…"


def main(arguments: list[str]) -> int:
    """`python -m apps.backends.local.port_holder PORT`: {"text", "data_dir"}, for who must not load psutil."""
    holder = find_holder(int(arguments[0]))
    json.dump({"text": str(holder), "data_dir": holder.data_dir}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
