"""When a host that has refused a request wants to be asked again, as its answer says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]*)?", re.ASCII)


def retry_after_seconds(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds from 0 up, infinity for what no float holds; None where the answer does not say, or not in a known form.

    Names of headers are in lower case. `retry-after-ms` of OpenAI and Anthropic is more exact than `Retry-After`, which
    is a number of seconds or a date of HTTP (RFC 9110, 10.2.3). A date counts from the answer's own `Date`, so that the
    clocks of both sides need not agree; `now`, seconds since 1970, stands in for one that is missing.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return float(milliseconds) / 1000
    said = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(said):
        return float(said)
    at, sent = _seconds_of(said), _seconds_of(headers.get("date", ""))
    return None if at is None else max(0.0, at - (now if sent is None else sent))


def _seconds_of(date: str) -> float | None:
    """Seconds since 1970; None for what is no date."""
    try:
        at: datetime = parsedate_to_datetime(date)
        # The forms of RFC 850 and of asctime name no zone that Python reads: all dates of HTTP are in GMT.
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
