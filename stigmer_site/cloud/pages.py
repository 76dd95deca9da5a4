"""Who is behind a page of the admin: an account that has signed in with an API key, as middleware."""

from __future__ import annotations

import ipaddress
from contextvars import ContextVar
from typing import Final

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from apps.resources.caller import Caller
from apps.resources.errors import NotSignedIn
from apps.resources.kinds.api_key.callers import KeyCallers
from apps.resources.run_wish import RunWish
from apps.resources.secrets import vault
from stigmer_site import run_starter
from stigmer_site.cloud.variables import networks
from stigmer_site.middleware import GetResponse, plain

KEY: Final = "stigmer_key"
"""Of a session: the API key that it began with, sealed. Whatever becomes of that key becomes of the session."""
KEYS: Final = KeyCallers()
_current: ContextVar[Caller | None] = ContextVar("caller", default=None)


def page_caller(request: HttpRequest) -> Caller:
    """As `Machine.page_caller`. Raises NotSignedIn: no page is anybody's who is not known."""
    found = getattr(request, "stigmer_caller", None)
    if not isinstance(found, Caller):
        raise NotSignedIn("nobody is signed in")
    return found


def start_here(wish: RunWish) -> str:
    """As `Machine.start_run`, by whoever asked for the page at hand."""
    from apps.backends.grpc_start import encode  # protobuf, and what only those need who start runs
    from apps.resources.running.rpc import start_asked
    from apps.resources.wire.codec import message_class

    caller = _current.get()
    if caller is None:
        raise NotSignedIn("nobody is signed in")
    target, snapshot = start_asked(encode(run_starter.wanted(wish)), caller)
    return str(message_class(target.run).FromString(snapshot).metadata.id)  # type: ignore[attr-defined]  # an envelope


def proxies_only(get_response: GetResponse) -> GetResponse:
    """Behind proxies, what others send has come around them."""
    known = networks(settings.PROXIES)

    def middleware(request: HttpRequest) -> HttpResponse:
        address = ipaddress.ip_address(request.META["REMOTE_ADDR"])
        if known and not any(address in network for network in known):
            return plain(403, "This server is reached through its proxy alone.")
        return get_response(request)

    return middleware


def own_names_only(get_response: GetResponse) -> GetResponse:
    """Other names for this host are somebody else's pages, in a browser that was told so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        host, _ = split_domain_port(request.META.get("HTTP_HOST", ""))
        if host not in settings.WEB_HOSTS:
            return plain(421, "This server does not answer by that name: STIGMER_WEB_HOSTS lists its own.")
        return get_response(request)

    return middleware


def known_caller(get_response: GetResponse) -> GetResponse:
    """Find out whose session this is, anew for each request: a key that was revoked ends it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        caller = _caller_of(request)
        if caller is None and request.user.is_authenticated:
            logout(request)
        request.stigmer_caller = caller  # type: ignore[attr-defined]  # for page_caller alone
        token = _current.set(caller)
        try:
            return get_response(request)
        finally:
            _current.reset(token)

    return middleware


def _caller_of(request: HttpRequest) -> Caller | None:
    sealed = request.session.get(KEY, "")
    if not sealed or not request.user.is_authenticated:
        return None
    try:
        caller = KEYS.of_key(vault.unseal(sealed))
    except (NotSignedIn, KeyError):  # KeyError: of a key that nobody has any more
        return None
    return caller if caller.actor == request.user.get_username() else None
