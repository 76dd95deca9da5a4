"""Points in time as people read them."""

from datetime import UTC, datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from apps.shared import durations


def moment(at: datetime) -> SafeString:
    """`5 minutes ago`; the exact time (UTC) shows on hover and stands in the markup."""
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact(at), ago(at))


def exact_moment(at: datetime) -> SafeString:
    """`2026-11-20 09:30:00 UTC`, which a script of every page tells in the zone of whoever looks."""
    return format_html('<time datetime="{}" title="{}" data-exact>{}</time>', at.isoformat(), exact(at), exact(at))


def exact(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def ago(at: datetime) -> str:
    seconds = (datetime.now(UTC) - at).total_seconds()
    return "just now" if seconds < 60 else f"{timesince(at, depth=1)} ago"  # noqa: PLR2004


def duration(taken: timedelta) -> str:
    """`42 ms`, `6.8 s`, `3 min 12 s`, `2 h 5 min`: as the pages of runs say it (`static/resources/run/times.js`)."""
    return durations.duration(taken.total_seconds(), minute="min")
