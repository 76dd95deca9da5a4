"""Who may call a server of many machines: whoever brings an API key, and nobody because of where they are."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

import grpc

from apps.resources.caller import Caller
from apps.resources.errors import NotSignedIn, ServerStopping
from apps.resources.kinds.api_key.callers import KeyCallers

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass
class CloudCallers:
    """The Identify of the api unit. Streams, which ask it twice a second, end once `end_streams` was called."""

    keys: KeyCallers = field(default_factory=KeyCallers)
    _is_ending: bool = False

    def __call__(self, context: grpc.ServicerContext) -> Caller:
        """Raises NotSignedIn, and ServerStopping."""
        if self._is_ending:
            raise ServerStopping
        return self.keys(context)

    def end_streams(self) -> None:
        self._is_ending = True


@dataclass(frozen=True)
class ProxiesOnly:
    """The Admit behind proxies: what others send has come around them."""

    networks: tuple[Network, ...]

    def __call__(self, context: grpc.ServicerContext) -> None:
        """Raises NotSignedIn."""
        address = _address_of(context.peer())
        if address is None or not any(address in network for network in self.networks):
            raise NotSignedIn("this server is reached through its proxy alone")


@lru_cache(1024)
def _address_of(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Of `ipv4:10.0.0.1:50000` or `ipv6:%5B::1%5D:50000`; None for what is neither."""
    host = unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]")
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
