"""Who is asking: the one place that says it, for calls as for pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.resources.caller import LOCAL, Caller

if TYPE_CHECKING:
    import grpc
    from django.http import HttpRequest


def authenticate(source: grpc.ServicerContext | HttpRequest) -> Caller:
    """The caller behind a call of the API, unary or stream, or behind the request of a page.

    In local mode that is the person at this machine: whatever listens is on loopback, and pages ask for a session
    before they come here.
    """
    del source
    return LOCAL
