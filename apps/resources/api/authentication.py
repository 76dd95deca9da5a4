"""Who is asking: the one place that says it, for calls as for pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from apps.resources.caller import Caller
from apps.resources.ports import machine

if TYPE_CHECKING:
    import grpc
    from django.http import HttpRequest

Admit = Callable[["grpc.ServicerContext"], None]
"""Raises a StigmerError where the other end of a call's connection may not come in at all."""


def admit_everybody(context: grpc.ServicerContext) -> None:
    """The Admit of servers that only their own tests reach."""


def authenticate(source: grpc.ServicerContext | HttpRequest) -> Caller:
    """The caller behind a call of the API, unary or stream, or behind the request of a page.

    In local mode that is the person at this machine: whatever listens is on loopback, processes of other users are
    turned away before (`stigmer_site.admission`), and pages ask for a session before they come here. A server of many
    people has calls identified by its Identify, and pages by the Machine: raises NotSignedIn then.
    """
    return machine().page_caller(source)
