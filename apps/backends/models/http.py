"""Asking a host of models something small, without waiting long and without being led elsewhere."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from apps.shared.loopback import is_here

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse


class Unanswered(Exception):
    """`status` is what an HTTP server said, 0 where none was reached."""

    def __init__(self, why: str, status: int = 0) -> None:
        self.why, self.status = why, status
        super().__init__(why)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A key is for the host that was named, not for where that host would send us."""

    def redirect_request(self, *_: object) -> None:
        return None


def ask(
    url: str, *, seconds: float, headers: Mapping[str, str] | None = None, data: bytes | None = None
) -> HTTPResponse:
    """The answer of a host, to be closed by the caller; with `data` it is posted. Raises Unanswered."""
    request = urllib.request.Request(url, data=data, headers=dict(headers or {}))  # noqa: S310 - a URL of the settings
    try:
        response: HTTPResponse = _opener(url).open(request, timeout=seconds)
    except urllib.error.HTTPError as error:
        error.close()
        raise Unanswered(f"it answers {error.code}", error.code) from None
    except (OSError, ValueError) as error:
        raise Unanswered(words_of(error)) from None
    return response


def words_of(error: Exception) -> str:
    """Why there was no answer."""
    cause = getattr(error, "reason", error)
    said = getattr(cause, "strerror", "") or str(cause) or type(cause).__name__
    return str(said)[:1].lower() + str(said)[1:]


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Proxies are for other machines."""
    is_ours = is_here(urlsplit(url).hostname or "")
    return urllib.request.build_opener(_Stay, *([urllib.request.ProxyHandler({})] if is_ours else []))
