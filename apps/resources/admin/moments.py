"""Points in time as people read them."""

from datetime import UTC, datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince


def moment(at: datetime) -> SafeString:
    """`5 minutes ago`; the exact time (UTC) shows on hover and stands in the markup."""
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact(at), ago(at))


def exact(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def ago(at: datetime) -> str:
    seconds = (datetime.now(UTC) - at).total_seconds()
    return "just now" if seconds < 60 else f"{timesince(at, depth=1)} ago"  # noqa: PLR2004
