"""What hosts of models are sent, beside what the libraries make of it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

_SENT = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "transfer-encoding"}
_OURS = _SENT | {"user-agent", "anthropic-version"}


async def keep_our_headers(request: httpx2.Request, *, own: Mapping[str, str | None]) -> None:
    """A hook of an HTTP client: send what the protocol needs and what we were given for this host.

    The libraries add what they find in the environment: organizations, projects, headers of other hosts.
    """
    for name in set(request.headers) - _OURS - set(own):
        del request.headers[name]
    request.headers.update({name: value for name, value in own.items() if value is not None})
