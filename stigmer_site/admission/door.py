"""Who is let in: processes of the owner and of root; where a token is required, whoever has it."""

from __future__ import annotations

import hmac
import os
import pwd
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from apps.processes.sockets import Place
from apps.resources.errors import ForeignUser, TokenRequired
from stigmer_site.admission.connections import CannotTell, Connections
from stigmer_site.loopback import parse_loopback

if TYPE_CHECKING:
    import grpc
    from django.http import HttpRequest

_ROOT: Final = 0
_SCHEME: Final = "bearer "


class Door:
    """The door of the server at `address`. `token` is the one that callers must bring, "" for none.

    `owners` are the numbers of the users who are let in; the server's own where none are named.
    """

    def __init__(self, address: str, token: str = "", owners: AbstractSet[int] = frozenset()) -> None:
        where = parse_loopback(address)
        self._connections = Connections(where.host, where.port)
        self._token = token
        self._owners = owners or {os.geteuid(), _ROOT}

    def admit_call(self, context: grpc.ServicerContext) -> None:
        """Raises TokenRequired or ForeignUser."""
        if not self._token:
            self._check_user(_place_of_peer(context.peer()))
        elif not self._is_token(dict(context.invocation_metadata()).get("authorization", "")):
            raise TokenRequired

    def admit_request(self, request: HttpRequest) -> None:
        """Raises ForeignUser. Where a token is required, pages ask for a session or the token: see `has_token`."""
        port = request.META.get("REMOTE_PORT", "")
        if not self._token and port:
            self._check_user((request.META["REMOTE_ADDR"], int(port)))

    @property
    def requires_token(self) -> bool:
        return bool(self._token)

    def has_token(self, request: HttpRequest) -> bool:
        return self._is_token(request.headers.get("Authorization", ""))

    def _is_token(self, header: str | bytes) -> bool:
        text = header.decode("latin-1") if isinstance(header, bytes) else header
        given = text[len(_SCHEME) :] if text[: len(_SCHEME)].lower() == _SCHEME else ""
        return hmac.compare_digest(given.strip().encode(), self._token.encode())

    def _check_user(self, place: Place | None) -> None:
        """Where it cannot be known whose process it is, it is let in."""
        if place is None:
            return
        try:
            uid = self._connections.uid(place)
        except CannotTell:
            return
        if uid not in self._owners:
            raise ForeignUser(_name_of(uid), _name_of(os.geteuid()))


@lru_cache(1024)
def _place_of_peer(peer: str) -> Place | None:
    """Of `ipv4:127.0.0.1:50000` or `ipv6:%5B::1%5D:50000`; None for what is neither."""
    family, _, rest = unquote(peer).partition(":")
    host, _, port = rest.rpartition(":")
    if family not in {"ipv4", "ipv6"} or not port.isdecimal():
        return None
    host = host.strip("[]")
    return host.removeprefix("::ffff:") if "." in host else host, int(port)


def _name_of(uid: int | None) -> str:
    """Empty for a user that is not known."""
    if uid is None:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"
