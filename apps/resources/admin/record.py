"""Who wrote a resource when, and which version it is."""

from __future__ import annotations

from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.resources.admin.moments import exact_moment
from apps.resources.base import Resource


def record_of(row: Resource, name: str) -> SafeString:
    """A list of facts; `name` is one of them, unless it is empty."""
    facts: list[tuple[str, str | SafeString]] = [("Name", name)] if name else []
    facts.append(("Created", _written("", row.created_at, row.created_by)))
    if row.updated_at != row.created_at:
        facts.append(("Last change", _written(row.event, row.updated_at, row.updated_by)))
    if row.status_updated_at not in {row.created_at, row.updated_at}:
        facts.append(("Status", _written(row.status_event, row.status_updated_at, row.status_updated_by)))
    facts.append(("Version", f"{row.version}, {row.version_id}"))
    if row.previous_version_id:
        facts.append(("Before it", row.previous_version_id))
    return format_html('<dl class="stigmer-facts">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", facts))


def _written(event: str, at: datetime, by: str) -> SafeString:
    return format_html("{}{} by {}", f"{event} " if event else "", exact_moment(at), by)
