"""What hosts of models are sent and what they answer, beside what the libraries make of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx2

from apps.resources.json_value import Json

_SENT = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "transfer-encoding"}
_OURS = _SENT | {"user-agent", "anthropic-version"}
BAD_REQUEST = 400


async def keep_our_headers(request: httpx2.Request, *, own: Mapping[str, str | None]) -> None:
    """A hook of an HTTP client: send what the protocol needs and what we were given for this host.

    The libraries add what they find in the environment: organizations, projects, headers of other hosts.
    """
    for name in set(request.headers) - _OURS - set(own):
        del request.headers[name]
    request.headers.update({name: value for name, value in own.items() if value is not None})


async def see_refusal(response: httpx2.Response) -> None:
    """A hook of an HTTP client: give a refusal the status that its host kept for the body."""
    if not response.is_success or not response.headers.get("content-type", "").startswith("application/json"):
        return
    try:
        error = json.loads(await response.aread()).get("error")
    except (ValueError, RecursionError, AttributeError):
        return
    if error:
        response.status_code = _status_in(error)


def _status_in(error: Json) -> int:
    """400 where none is said: asking again would get the same answer."""
    for place in ("code", "status", "status_code") if isinstance(error, dict) else ():
        said = error.get(place)
        if str(said).isdecimal() and httpx2.codes.is_error(int(said)):
            return int(said)
    return BAD_REQUEST
