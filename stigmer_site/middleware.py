"""What every answer of the web server goes through: loopback is not a wall.

Other web pages in the same browser reach this port too. Each of them is refused by one of these:
a foreign name for this host (DNS rebinding), an unsafe request that another origin started, a frame.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

LOOPBACK = r"127\.0\.0\.1|localhost|\[::1\]"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        # unsafe-eval: the theme's Alpine compiles the expressions of its own templates. What people
        # store is escaped text in them and never becomes an attribute, so it is never compiled.
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self'",
        # Attributes only: Alpine sets the width of the actions bar with one.
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def own_host_only(get_response: GetResponse) -> GetResponse:
    """First of all: answer only under our own name and those of this machine's loopback, with any port (tunnels)."""
    own_host = re.compile(rf"({LOOPBACK}|{re.escape(settings.WEB_NAME)})(:\d{{1,5}})?\Z", re.IGNORECASE)

    def middleware(request: HttpRequest) -> HttpResponse:
        if not own_host.match(request.META.get("HTTP_HOST", "")):
            return plain(421, "This server answers only as 127.0.0.1, localhost or [::1].")
        return get_response(request)

    return middleware


def no_nul(get_response: GetResponse) -> GetResponse:
    """Refuse addresses and cookies with the character NUL: nothing stored has it, and PostgreSQL cannot even look."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = (request.path_info, unquote(request.META.get("QUERY_STRING", "")), *request.COOKIES.values())
        if any("\0" in text for text in asked):
            return plain(400, "The address, or a cookie, has the character NUL in it.")
        return get_response(request)

    return middleware


def same_origin_only(get_response: GetResponse) -> GetResponse:
    """Unsafe methods must prove that a page of this very origin sent them; CSRF tokens come on top."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in SAFE_METHODS and not _is_same_origin(request):
            return plain(403, "Changes are accepted only from this server's own pages.")
        return get_response(request)

    return middleware


def security_headers(get_response: GetResponse) -> GetResponse:
    """Headers of every answer; pages, unlike static files, are never kept by the browser."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def _is_same_origin(request: HttpRequest) -> bool:
    """What the browser says about the sender; a client that says nothing has no page and is refused."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        return False
    own = f"{request.scheme}://{request.META['HTTP_HOST']}"
    return site in {None, "same-origin"} and origin in {None, own}


def plain(status: int, sentence: str) -> HttpResponse:
    """An answer for whoever gets no page."""
    response = HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response
