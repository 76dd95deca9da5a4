"""Who owns the other end of a connection, by both ways in which Linux tells it."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest

from apps.processes import sockets
from apps.processes.addresses import Address
from apps.processes.sockets import Owner, Place, find_owner
from stigmer_site.admission.connections import Connections
from tests.admission.strangers import IS_ROOT, NOBODY
from tests.support.ports import free_port

LOOPBACKS = {"IPv4": "127.0.0.1", "IPv6": "::1", "IPv4 by a socket of IPv6": "::ffff:127.0.0.1"}


@pytest.fixture(params=["kernel", "table"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for one socket, or looking into the table of all."""
    other = {"kernel": "_look_up", "table": "_ask_kernel"}[request.param]
    monkeypatch.setattr(sockets, other, lambda *_: None)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def connected(listener: socket.socket, *, port: int = 0) -> socket.socket:
    """From `port`, which nobody else has; closing it ends the connection at once."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.bind(("127.0.0.1", port))
    client.connect(listener.getsockname())
    return client


def inode(of: socket.socket) -> int:
    return os.fstat(of.fileno()).st_ino


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("host", LOOPBACKS.values(), ids=LOOPBACKS)
def test_both_ends_have_their_owner(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server(("::1", 0) if host == "::1" else ("127.0.0.1", 0), family=_of(host)) as listener:
        port = listener.getsockname()[1]
        with socket.socket(family) as client:
            client.connect((host, port))
            accepted, peer = listener.accept()
            with accepted:
                local: Place = (host.removeprefix("::ffff:"), port)
                remote: Place = (peer[0], peer[1])
                assert find_owner(remote, local) == Owner(os.geteuid(), inode(client))
                assert find_owner(local, remote) == Owner(os.geteuid(), inode(accepted))


def _of(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if host == "::1" else socket.AF_INET


@pytest.mark.usefixtures("way")
def test_a_socket_of_another_user_is_theirs(listener: socket.socket) -> None:
    with socket.socket() as client:
        if IS_ROOT:
            os.fchown(client.fileno(), NOBODY, -1)
        client.connect(listener.getsockname())
        found = find_owner(client.getsockname(), listener.getsockname())
        assert found == Owner(NOBODY if IS_ROOT else os.geteuid(), inode(client))


@pytest.mark.usefixtures("way")
def test_a_connection_that_its_maker_has_closed_has_no_owner(listener: socket.socket) -> None:
    """Tables show root for it: who sends something and closes at once must not pass for root."""
    client = socket.create_connection(listener.getsockname())
    remote = client.getsockname()
    accepted, _ = listener.accept()
    with accepted:
        client.sendall(b"delete everything")
        client.close()
        assert find_owner(remote, listener.getsockname()) is None


@pytest.mark.usefixtures("way")
def test_a_place_where_nobody_is_has_no_owner(listener: socket.socket) -> None:
    assert find_owner(("127.0.0.1", 1), listener.getsockname()) is None


def test_a_connection_is_looked_up_once_and_another_from_the_same_port_again(listener: socket.socket) -> None:
    looked: list[Place] = []

    def find(local: Place, remote: Place) -> Owner | None:
        looked.append(local)
        return find_owner(local, remote)

    host, port = listener.getsockname()
    connections = Connections(host, port, find)
    with closing(connected(listener)) as first:
        place = first.getsockname()
        accepted, _ = listener.accept()
        assert {connections.uid(place) for _ in range(5)} == {os.geteuid()}
        assert looked.count(place) == 1
    accepted.close()
    with closing(connected(listener, port=place[1])) as second:
        assert second.getsockname() == place
        accepted, _ = listener.accept()
        with accepted:
            assert connections.uid(place) == os.geteuid()
            assert looked.count(place) == 2
    assert connections.uid(place) is None


def test_connections_that_are_over_are_forgotten(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stigmer_site.admission.connections._MOST_KEPT", 3)
    connections = Connections(*listener.getsockname())
    for _ in range(10):
        with closing(connected(listener)) as client:
            accepted, _ = listener.accept()
            with accepted:
                connections.uid(client.getsockname())
    assert len(connections._known) <= 3


def test_where_what_the_system_says_is_not_so_nothing_is_told(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_find", lambda *_: Owner(0, 12345))
    sockets._is_told.cache_clear()
    try:
        with pytest.raises(sockets.CannotTell):
            find_owner(("127.0.0.1", 1), listener.getsockname())
    finally:
        sockets._is_told.cache_clear()


@pytest.mark.usefixtures("way")
def test_who_listens_is_told(listener: socket.socket) -> None:
    address = Address(*listener.getsockname())
    assert sockets.listens(os.getpid(), address)
    assert not sockets.listens(os.getppid(), address)
    assert sockets.listening_user(address) == os.geteuid()
    assert sockets.listening_user(Address("127.0.0.1", free_port())) is None
