"""Which hosts are this machine: no proxy is asked for them."""

from __future__ import annotations

import ipaddress
import socket


def is_here(host: str) -> bool:
    """Whether the host of a URL is this machine, in any form: `127.1`, `localhost.`, `::`, `a.localhost`."""
    name = host.strip("[]").rstrip(".").lower()
    address = ip_of(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is given as, in the short forms of IPv4 as well; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host)) if host[:1].isdecimal() else None
    except OSError:
        return None
