"""Which user made each connection to a server of this process, found out once per connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from apps.processes.sockets import CannotTell, Owner, Place, descriptor_of, find_owner, is_at

_MOST_KEPT: Final = 1000


class Known(NamedTuple):
    """A connection whose user was found out, and our own end of it: while that is there, it is this connection."""

    uid: int
    descriptor: int
    inode: int

    @property
    def is_open(self) -> bool:
        return is_at(self.descriptor, self.inode)


class Connections:
    """`host` is what the server listens on: a loopback address, or localhost for both."""

    def __init__(self, host: str, port: int, find: Callable[[Place, Place], Owner | None] = find_owner) -> None:
        self._host, self._port, self._find = host, port, find
        self._known: dict[Place, Known] = {}

    def uid(self, remote: Place) -> int | None:
        """The user whose process is at `remote`; None where that connection is over. Raises CannotTell."""
        known = self._known.get(remote)
        if known and known.is_open:
            return known.uid
        self._known.pop(remote, None)
        local = (self._ours(remote[0]), self._port)
        ours, theirs = self._find(local, remote), self._find(remote, local)
        if theirs and ours:
            self._keep(remote, theirs.uid, ours.inode, is_same=self._find(local, remote) == ours)
        return theirs.uid if theirs else None

    def _keep(self, remote: Place, uid: int, inode: int, *, is_same: bool) -> None:
        """Unless another connection took the place while we looked."""
        descriptor = descriptor_of(inode)
        if not is_same or descriptor is None:
            return
        if len(self._known) >= _MOST_KEPT:
            self._known = {place: known for place, known in list(self._known.items()) if known.is_open}
        self._known[remote] = Known(uid, descriptor, inode)

    def _ours(self, remote: str) -> str:
        if self._host == "localhost":
            return "::1" if ":" in remote else "127.0.0.1"
        return self._host


__all__ = ["CannotTell", "Connections"]
