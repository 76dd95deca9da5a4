"""Who visits the admin at 127.0.0.1 is sent to its own host name (host_name.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

GetResponse = Callable[[HttpRequest], HttpResponse]

STAY: Final = "stay"
"""What the address of a sign-in has for a browser that does not find the name."""


def own_name_first(get_response: GetResponse) -> GetResponse:
    """Send visits at 127.0.0.1 to the name, unless somebody signed in there on purpose."""

    def middleware(request: HttpRequest) -> HttpResponse:
        host, colon, port = _split(request.META["HTTP_HOST"])
        if host == settings.WEB_NAME or not _is_visit(request) or _stays(request):
            return get_response(request)
        return HttpResponseRedirect(f"http://{settings.WEB_NAME}{colon}{port}{request.get_full_path()}")

    return middleware


def _split(host: str) -> tuple[str, str, str]:
    """Of `[::1]:8234` and `[::1]`, too."""
    name, colon, port = host.rpartition(":")
    return (name, colon, port) if port.isdecimal() else (host, "", "")


def _is_visit(request: HttpRequest) -> bool:
    """A page that a person wants to see: to frames, pictures and scripts of other pages the name is not told."""
    headers = request.headers
    is_page = (headers.get("Sec-Fetch-Mode", "navigate"), headers.get("Sec-Fetch-Dest", "document"))
    return request.method == "GET" and is_page == ("navigate", "document") and "Authorization" not in headers


def _stays(request: HttpRequest) -> bool:
    if request.path == reverse("sign_in"):
        # Every browser that finds the name says how it got here; programs have no cookies that they could give away.
        return STAY in request.GET or "Sec-Fetch-Mode" not in request.headers
    if request.path.startswith(settings.STATIC_URL):
        return True
    return request.user.is_authenticated or request.path in {reverse("admin:login"), reverse("admin:logout")}
