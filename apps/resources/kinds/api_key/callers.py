"""Who is behind a call that brings an API key."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import grpc
from django.db import DatabaseError
from django.utils import timezone

from apps.resources.caller import Caller
from apps.resources.errors import NotSignedIn, StigmerError
from apps.resources.kinds.api_key.actions import find_by_key, has_expired, note_use
from apps.resources.permission.callers import caller_of
from apps.shared.api_keys import complaint_about

logger = logging.getLogger(__name__)

BEARER: Final = "bearer "
BELIEVED_SECONDS: Final = 1.0
"""How long a key that was looked up is good without another look: a revocation takes effect within two seconds."""
MOST_BELIEVED: Final = 10_000


@dataclass(frozen=True)
class _Believed:
    caller: Caller
    expires_at: datetime | None
    until: float
    """By the monotonic clock."""


@dataclass
class KeyCallers:
    """The Identify of servers that ask for a key: `authorization: Bearer stk_...` with every call."""

    clock: Callable[[], float] = time.monotonic
    _believed: dict[bytes, _Believed] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, context: grpc.ServicerContext) -> Caller:
        """Raises NotSignedIn."""
        return self.of_key(_key_of(context))

    def of_key(self, key: str) -> Caller:
        """Whose key this text is. Raises NotSignedIn, which repeats none of it."""
        if complaint := complaint_about(key):
            raise NotSignedIn(complaint)
        digest = hashlib.sha256(key.encode()).digest()
        believed = self._believed.get(digest)
        if believed is None or believed.until < self.clock():
            believed = self._look_up(key)
            with self._lock:
                if len(self._believed) >= MOST_BELIEVED:
                    self._believed.clear()
                self._believed[digest] = believed
        if believed.expires_at is not None and believed.expires_at <= timezone.now():
            raise NotSignedIn("the API key has expired")
        return believed.caller

    def _look_up(self, key: str) -> _Believed:
        now, until = timezone.now(), self.clock() + BELIEVED_SECONDS
        found = find_by_key(key)
        if found is None:
            raise NotSignedIn("the API key is unknown or was revoked")
        if has_expired(found, now):
            raise NotSignedIn("the API key has expired")
        try:
            note_use(found, now)
        except (DatabaseError, StigmerError):
            logger.warning("API key %s: its use could not be noted", found.pk, exc_info=True)
        return _Believed(caller_of(found.account_id), found.expiry, until)


def _key_of(context: grpc.ServicerContext) -> str:
    sent = [str(value) for name, value in context.invocation_metadata() if name == "authorization"]
    if len(sent) != 1 or not sent[0].lower().startswith(BEARER):
        raise NotSignedIn("this server asks who is calling, and the call brought no API key")
    return sent[0][len(BEARER) :].strip()
