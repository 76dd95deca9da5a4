"""Revisions as people compare them: YAML and line by line differences."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.resources.admin.links import restore_url
from apps.resources.admin.moments import moment
from apps.resources.admin.snapshots import snapshot_yaml
from apps.resources.base import Revision
from apps.resources.caller import SYSTEM, Caller
from apps.resources.registry import BY_NAME
from apps.resources.secrets.comparing import other_secrets
from apps.resources.storage.lookup import visible_revisions

PAGE = 20
SIGNS = {"+": "added", "-": "removed", "@": "place"}


@dataclass(frozen=True)
class Entry:
    """A revision with what it changed, compared with the one before it; nothing for the first one."""

    revision: Revision
    difference: SafeString
    added: int
    removed: int
    secrets: list[str]
    """Places of secrets that have another value now; what they are shows nowhere."""
    snapshot: str

    @property
    def is_first(self) -> bool:
        return self.revision.event == "created"

    @property
    def restore_url(self) -> str:
        return restore_url(BY_NAME[self.revision.kind], self.revision.resource_id, self.revision.number)

    @property
    def when(self) -> SafeString:
        return moment(self.revision.at)


def entries(
    kind: str, resource_id: str, caller: Caller, *, before: int | None = None
) -> tuple[list[Entry], int | None]:
    """The newest revisions first, and where the next page begins (None on the last one)."""
    rows = visible_revisions(caller).filter(kind=kind, resource_id=resource_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    # The row that is one too many is what the last one shown is compared with.
    pairs = zip(found[:PAGE], [*found[1:], None], strict=False)
    return [entry(row, earlier) for row, earlier in pairs], found[PAGE - 1].pk if len(found) > PAGE else None


def predecessor(row: Revision) -> Revision | None:
    """The one before it. As SYSTEM: whoever has come to see one revision of a resource sees them all."""
    earlier = visible_revisions(SYSTEM).filter(kind=row.kind, resource_id=row.resource_id, pk__lt=row.pk)
    return earlier.order_by("-pk").first()


def entry(row: Revision, earlier: Revision | None) -> Entry:
    """A revision compared with any other of its resource: what leads from that to this one."""
    text = snapshot_yaml(row)
    old = snapshot_yaml(earlier) if earlier is not None else text
    lines = list(difflib.unified_diff(old.splitlines(), text.splitlines(), lineterm="", n=3))[2:]
    return Entry(
        revision=row,
        difference=difference_html(lines),
        added=sum(line.startswith("+") for line in lines),
        removed=sum(line.startswith("-") for line in lines),
        secrets=other_secrets(earlier.secrets, row.secrets) if earlier is not None else [],
        snapshot=text,
    )


def difference_html(lines: list[str]) -> SafeString:
    """Unified diff lines, each in a span that says what it is."""
    return format_html_join("", '<span class="{}">{}</span>', ((SIGNS.get(line[:1], "same"), line) for line in lines))
