"""Whether the API asks who is calling, and for permission."""

from __future__ import annotations

from typing import TypedDict

from django.conf import settings

from apps.resources.api.authorization import authorize
from apps.resources.api.permission import Authorize, Identify, let_pass, local_person
from apps.resources.kinds.api_key.callers import KeyCallers


class Access(TypedDict):
    """Arguments of `server.serve`."""

    identify: Identify
    authorize: Authorize


def access() -> Access:
    """On a machine of one's own, everything is done by, and allowed to, whoever sits there."""
    if not settings.ASKS_FOR_KEYS:
        return {"identify": local_person, "authorize": let_pass}
    return {"identify": KeyCallers(), "authorize": authorize}
