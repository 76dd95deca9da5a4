"""Who owns a TCP socket of this machine. Linux tells, of one socket at once or by its table of all of them."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.processes.addresses import Address

Place = tuple[str, int]
"""An IP address as text, and a port."""

_TABLES: Final = {socket.AF_INET: "/proc/net/tcp", socket.AF_INET6: "/proc/net/tcp6"}
_OWN_DESCRIPTORS: Final = "/proc/self/fd"
_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_NLM_F_REQUEST: Final = 1
_ANY_STATE: Final = 0xFFFFFFFF
_NO_COOKIE: Final = 0xFFFFFFFF
_NETLINK_HEADER: Final = struct.Struct("=IHHII")
_REQUEST_HEADER: Final = struct.Struct("=BBBBI")
_PORTS: Final = struct.Struct("!HH")
_INTERFACE_AND_COOKIE: Final = struct.Struct("=III")
_OWNER: Final = struct.Struct("=II")
_OWNER_OFFSET: Final = _NETLINK_HEADER.size + 4 + 48 + 12
"""Of uid and inode in inet_diag_msg: behind four bytes, the socket's id, and three other numbers."""


class Owner(NamedTuple):
    """A socket as it is now: the user who made it, and the number that no other socket has."""

    uid: int
    inode: int


class CannotTell(Exception):
    """This system does not tell who owns a socket."""


def find_owner(local: Place, remote: Place) -> Owner | None:
    """The owner of the socket at `local` that is connected to `remote`; None where there is none, or it was closed.

    Raises CannotTell where there is neither netlink nor /proc, or what they say is not so.
    """
    if not _is_told():
        raise CannotTell
    return _find(local, remote)


@lru_cache(1)
def _is_told() -> bool:
    """Whether this system says of a socket of our own that it is ours: in some sandboxes the tables hold no truth."""
    try:
        # Not create_connection, which asks for a name's address and loads tables of Unicode for that: 0.4 MB.
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
            client.connect(listener.getsockname())
            found = _find(client.getsockname(), listener.getsockname())
            return found == Owner(os.geteuid(), os.fstat(client.fileno()).st_ino)
    except OSError:
        return False


def _find(local: Place, remote: Place) -> Owner | None:
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    # Asked first: 16 us, where the table takes 15 ms. Kernels without it say the same as of a socket that is gone.
    return _ask_kernel(family, local, remote) or _look_up(family, local, remote)


def _ask_kernel(family: int, local: Place, remote: Place) -> Owner | None:
    """By netlink. It finds the IPv4 connections of IPv6 sockets, too."""
    sender = _PORTS.pack(local[1], remote[1]) + _packed(family, local[0]) + _packed(family, remote[0])
    wanted = sender + _INTERFACE_AND_COOKIE.pack(0, _NO_COOKIE, _NO_COOKIE)
    body = _REQUEST_HEADER.pack(family, socket.IPPROTO_TCP, 0, 0, _ANY_STATE) + wanted
    header = _NETLINK_HEADER.pack(_NETLINK_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(1.0)
            kernel.send(header + body)
            answer = kernel.recv(8192)
    except (OSError, AttributeError):  # no such family of sockets, or not allowed
        return None
    if _NETLINK_HEADER.unpack_from(answer)[1] != _SOCK_DIAG_BY_FAMILY:
        return None
    # One that its program has closed has no inode. The kernel reads it after the user: where it is there, both are.
    owner = Owner._make(_OWNER.unpack_from(answer, _OWNER_OFFSET))
    return owner if owner.inode else None


def _look_up(family: int, local: Place, remote: Place) -> Owner | None:
    """In the table. Twice: of one that is closed just then, one look may find the inode and root as its user."""
    first = _read_tables(family, local, remote)
    return first if first and _read_tables(family, local, remote) == first else None


def _read_tables(family: int, local: Place, remote: Place) -> Owner | None:
    found, tables = None, 0
    for table_family, path in _TABLES.items():
        if table_family < family:
            continue  # IPv4 connections may stand in the table of IPv6 sockets; not the other way round
        wanted = (_in_table(table_family, local), _in_table(table_family, remote))
        try:
            with open(path, encoding="ascii") as table:
                tables += 1
                found = found or next((owner for line in table if (owner := _read_line(line, wanted))), None)
        except OSError:
            continue
    if not tables:
        raise CannotTell
    return found


def _read_line(line: str, wanted: tuple[str, str]) -> Owner | None:
    fields = line.split()
    if (fields[1], fields[2]) != wanted:
        return None
    owner = Owner(int(fields[7]), int(fields[9]))
    return owner if owner.inode else None


def _in_table(family: int, place: Place) -> str:
    """`0100007F:C35B`: words as this machine has them in memory."""
    host, port = place
    if family == socket.AF_INET6 and ":" not in host:
        host = f"::ffff:{host}"
    packed = socket.inet_pton(family, host)
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"


def _packed(family: int, host: str) -> bytes:
    return socket.inet_pton(family, host).ljust(16, b"\0")


def listening_user(address: Address) -> int | None:
    """The user whose process listens there; None where nobody does, or the system does not tell."""
    with suppress(CannotTell):
        return next((owner.uid for owner in _listeners(address)), None)
    return None


def listens(pid: int, address: Address) -> bool:
    """Whether that very process listens on an address, not only somebody. True where the system does not tell."""
    try:
        return any(_has_socket(pid, owner.inode) for owner in _listeners(address))
    except CannotTell:
        return True


def _listeners(address: Address) -> Iterator[Owner]:
    for family, host in address.families:
        # Nothing is bound: it is what listeners are connected to.
        nobody = "::" if family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104
        if owner := find_owner((host, address.port), (nobody, 0)):
            yield owner


def _has_socket(pid: int, inode: int) -> bool:
    folder = f"/proc/{pid}/fd"
    try:
        descriptors = os.listdir(folder)
    except PermissionError:
        return True
    except OSError:
        return False
    for descriptor in descriptors:
        with suppress(OSError):  # closed meanwhile
            if os.stat(f"{folder}/{descriptor}").st_ino == inode:
                return True
    return False


def descriptor_of(inode: int) -> int | None:
    """The descriptor under which this process has a socket; None where that cannot be found out."""
    try:
        descriptors = [int(name) for name in os.listdir(_OWN_DESCRIPTORS)]
    except OSError:
        return None
    return next((descriptor for descriptor in descriptors if is_at(descriptor, inode)), None)


def is_at(descriptor: int, inode: int) -> bool:
    """Whether the descriptor still is that socket: numbers of descriptors are used again, those of sockets are not."""
    try:
        return os.fstat(descriptor).st_ino == inode
    except OSError:
        return False
