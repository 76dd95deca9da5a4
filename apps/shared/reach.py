"""What addresses that users name may lead to from a server of many machines, and no other way to connect to one.

A name is looked up once. What it stands for is judged, and connected to as it was judged: whoever asks again may be
told another address. On a machine of one's own nobody has a Reach, and nothing is asked.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

REFUSED: Final = "stigmer.address.refused"
"""The reason code of AddressRefused."""
HINT: Final = "Its operator can allow it, in STIGMER_REACHABLE"

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HERE = "this server's own machine"
_PRIVATE = "a private network"
_LINK = "a link-local address"
_RESERVED = "a reserved address"
_MULTICAST = "a multicast address"
_KINDS: Final = tuple(
    (ipaddress.ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", _HERE),
        ("10.0.0.0/8", _PRIVATE),
        ("100.64.0.0/10", _PRIVATE),  # between a carrier and its customers
        ("127.0.0.0/8", _HERE),
        ("168.63.129.16/32", _LINK),  # public by its number: Azure's machines are told theirs there
        ("169.254.0.0/16", _LINK),
        ("172.16.0.0/12", _PRIVATE),
        ("192.0.0.0/24", _RESERVED),
        ("192.0.2.0/24", _RESERVED),
        ("192.88.99.0/24", _RESERVED),
        ("192.168.0.0/16", _PRIVATE),
        ("198.18.0.0/15", _PRIVATE),
        ("198.51.100.0/24", _RESERVED),
        ("203.0.113.0/24", _RESERVED),
        ("224.0.0.0/4", _MULTICAST),
        ("240.0.0.0/4", _RESERVED),
        ("::/127", _HERE),
        ("fc00::/7", _PRIVATE),
        ("fe80::/10", _LINK),
        ("fec0::/10", _PRIVATE),
        ("ff00::/8", _MULTICAST),
        ("2001::/23", _RESERVED),  # Teredo among them, which leads to an IPv4 address of anybody's choice
        ("2001:db8::/32", _RESERVED),
        ("3fff::/20", _RESERVED),
    )
)
"""By IANA's registries of special addresses; of IPv6, all outside of 2000::/3 is reserved besides."""
_PUBLIC_SIX: Final = ipaddress.ip_network("2000::/3")
_CARRIERS: Final = (
    (ipaddress.ip_network("::ffff:0:0/96"), 0),
    (ipaddress.ip_network("64:ff9b::/96"), 0),
    (ipaddress.ip_network("2002::/16"), 80),
)
"""IPv6 addresses that lead to the IPv4 address in them, and how many bits stand behind that: mapped, NAT64, 6to4."""
_ENTRY: Final = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<plain>[^:\[\]]+))(?::(?P<port>\d{1,5}))?")
_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")


class AddressRefused(Exception):
    """The server calls this address for nobody. What the name stands for is not told: that may be nobody's business."""

    reason = REFUSED

    def __init__(self, host: str, kind: str) -> None:
        super().__init__(f"{host} leads to {kind}, and this server calls that for none of its users. {HINT}")


class Place(NamedTuple):
    """Whom an operator allows, or what is the server's own: a name or a network; `port` 0 means every port."""

    host: str
    network: Network | None
    port: int = 0

    def is_at(self, port: int) -> bool:
        return self.port in (0, port)


def parse_place(text: str) -> Place:
    """`tools.internal`, `10.7.0.0/16`, `[fd00::7]:8080`. Raises ValueError."""
    found = _ENTRY.fullmatch(text)
    host = (found["six"] or found["plain"]) if found else text
    port = int(found["port"] or 0) if found else 0
    if port >= 2**16 or (found and found["port"] and not port):
        raise ValueError(f"{text!r} has no port from 1 to 65535")
    try:
        return Place(host, ipaddress.ip_network(host), port)
    except ValueError:
        if re.fullmatch(r"[\d./]+|.*[:/].*", host) or not _NAME.fullmatch(host.rstrip(".")):
            raise ValueError(f"{text!r} is no host, address or network") from None
    return Place(_plain(host), None, port)


@dataclass(frozen=True)
class Reach:
    """`allowed` by the operator beyond the internet; never the server's `own` services, whoever allowed what."""

    allowed: tuple[Place, ...] = ()
    own: tuple[Place, ...] = ()

    def addresses(self, host: str, port: int) -> list[str]:
        """The IP addresses that a host stands for now, all of which may be connected to. Looks up names, and blocks.

        Raises AddressRefused when one of them may not be, and OSError when there are none.
        """
        found = _look_up(host, port)
        if not found:
            raise OSError("no address")
        for address in found:
            if kind := self._complaint(host, address, port):
                raise AddressRefused(host, kind)
        return [str(address) for address in found]

    def _complaint(self, host: str, address: IpAddress, port: int) -> str:
        meant = _within(address)
        if any(meant in places for places in self._own_at(port)):
            return "a service that this server stands on"
        allowed = [place for place in self.allowed if place.is_at(port)]
        return "" if any(_names(place, host, meant) for place in allowed) else _kind_of(meant)

    def _own_at(self, port: int) -> Iterator[set[IpAddress]]:
        for place in self.own:
            if place.is_at(port):
                try:
                    yield {_within(address) for address in _look_up(place.host, port)}
                except OSError:
                    continue  # nobody can reach now what we cannot find ourselves


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _look_up(host: str, port: int) -> list[IpAddress]:
    """In the resolver's order, each once; however a number is spelled (2130706433, 0x7f.1, 0177.0.0.1), it is one."""
    try:
        told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError:  # UnicodeError is one
        raise OSError("no name of a host") from None
    return [*dict.fromkeys(ipaddress.ip_address(str(each[4][0])) for each in told)]


def _within(address: IpAddress) -> IpAddress:
    """Where an address leads in the end."""
    if isinstance(address, ipaddress.IPv6Address):
        for network, behind in _CARRIERS:
            if address in network:
                return ipaddress.IPv4Address(int(address) >> behind & 0xFFFFFFFF)
    return address


def _names(place: Place, host: str, address: IpAddress) -> bool:
    return place.host == _plain(host) if place.network is None else address in place.network


def _kind_of(address: IpAddress) -> str:
    """What is behind an address that is not of the internet; "" for one that is."""
    for network, kind in _KINDS:
        if address in network:
            return kind
    is_public = isinstance(address, ipaddress.IPv4Address) or address in _PUBLIC_SIX
    return "" if is_public else _RESERVED
