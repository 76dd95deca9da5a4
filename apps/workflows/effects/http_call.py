"""One HTTP request, sent once. Whether it is tried again is for the step to say."""

# No `from __future__ import annotations`: Temporal asks for the types of fields with each payload that it reads, and
# would compile each from its text.

import time
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

from apps.shared.retry_after import retry_after_seconds
from apps.workflows.effects.base import Act, Call, Desk, Reply
from apps.workflows.http.exchange import FROM_BETWEEN, NOTHING_DONE, REPEATABLE, Response
from apps.workflows.secrets import RunSecrets
from apps.workflows.values import Json

if TYPE_CHECKING:
    from apps.workflows.http.client import HttpClient

_FOR_EVER: Final = 1e9
"""Seconds: thirty years."""

HttpReason = Literal[
    "unreachable", "forbidden", "untrusted", "lost", "timeout", "unknown", "refused", "unreadable", "garbled"
]
"""Why there is no answer to judge.

unreachable: the request was never sent (no address, no connection). forbidden: nor was it, for this server calls that
address for nobody. untrusted: nor was it, and never will be, for TLS
refused (a certificate that does not hold, no TLS at all). lost: it was sent and the connection broke.
timeout: no answer in time. unknown: an earlier try began and nobody knows how it ended. refused: the request is not one
that may be sent. unreadable: an answer came that cannot be used (too large, not the JSON it says it is). garbled: what
came is no answer of HTTP, and says nothing of the request; older histories have it as unreadable.
"""


@dataclass(frozen=True, kw_only=True)
class HttpReply(Reply):
    """An answer of any status, its body decoded; or why there is none."""

    status: int = 0
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict)
    leaves_unknown: bool = False
    """It does not say whether a request that may be sent only once took effect. Replies of older histories say False,
    so that their runs go on as they did."""
    was_worked_on: bool = False
    """A failure of the other side that may have come after half of a request that may be sent only once was done. As
    with `leaves_unknown`, older replies say False."""
    was_turned_away: bool = False
    """The other side did not take the request, and may take it later (429). Older replies say False."""
    wait_seconds: float = 0.0
    """What the answer of a failure asks to be waited for before it is asked again; 0 where it does not say."""

    @property
    def is_done(self) -> bool:
        return super().is_done and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, kw_only=True)
class HttpCall(Call[HttpReply]):
    """A request. Redirects are not followed."""

    method: str
    uri: str
    headers: dict[str, str]
    body: Json
    """JSON to send, or None for no body."""

    @property
    def only_reads(self) -> bool:
        return self.method == "GET"

    def told(self, secrets: RunSecrets) -> RunSecrets:
        return secrets.told_to(self.uri)

    @property
    def is_repeatable(self) -> bool:
        return self.method in REPEATABLE


def perform(call: HttpCall, desk: Desk) -> HttpReply:
    from apps.workflows.http.content import decode_answer

    secrets = desk.secrets
    uri, body = secrets.open_address(call.uri), secrets.open(call.body)
    headers = {name: secrets.open_text(value) for name, value in call.headers.items()}
    response = _client().send(
        call.method, uri, headers, body, seconds=call.timeout_seconds, watch=desk.watch, reach=desk.reach
    )
    content = decode_answer(response.status, response.headers.get("content-type", ""), response.body)
    leaves_unknown = response.status in FROM_BETWEEN and not call.is_repeatable
    failed = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return HttpReply(
        status=response.status,
        body=content,
        headers=response.headers,
        leaves_unknown=leaves_unknown,
        was_worked_on=failed and response.status not in NOTHING_DONE and not call.is_repeatable,
        was_turned_away=response.status == HTTPStatus.TOO_MANY_REQUESTS,
        wait_seconds=_wait_asked_for(response),
    )


def _wait_asked_for(response: Response) -> float:
    """Finite, for it goes into histories as JSON."""
    if response.status < HTTPStatus.BAD_REQUEST:
        return 0.0
    return min(_FOR_EVER, retry_after_seconds(response.headers, now=time.time()) or 0.0)


@cache
def _client() -> "HttpClient":
    from apps.workflows.http.client import HttpClient  # takes 60 ms, most of it for what httpcore itself imports

    return HttpClient()


def _release() -> None:
    _client().close()
    _client.cache_clear()


EFFECT: Final = Act(
    activity="send_http", call=HttpCall, reply=HttpReply, perform=perform, prepare=_client, release=_release
)
