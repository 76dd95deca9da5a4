"""Revisions as the command line names and prints them."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from apps.backends.base import NotFound
from apps.backends.resource import Resource, is_id_of
from cli.output import DIM, Format, ago, paint, structured, table
from cli.report import change_lines, value_of
from cli.resources import find_kind, find_resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.backends.base import Change
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.kinds import Kind
    from apps.backends.revisions import Difference, Revision, Revisions

PATHS_SHOWN = 2


@dataclass(frozen=True)
class Subject:
    """The resource whose revisions are meant; it may be gone."""

    kind: Kind
    id: str
    name: str

    @property
    def noun(self) -> str:
        """`mcp server`, for sentences."""
        return self.kind.singular.replace("-", " ")


def find_subject(backend: GrpcBackend, noun: str, name: str, org: str) -> Subject:
    """By name or id. An id is taken as it is: revisions outlive their resource. Raises CliError for an unknown name."""
    kind = find_kind(noun, name)
    if is_id_of(kind.name, name):
        return Subject(kind, name, name)
    found = Resource.of(find_resource(backend, kind, name, org))
    return Subject(kind, found.message.metadata.id, found.slug)


@contextmanager
def hints_of(subject: Subject) -> Iterator[None]:
    """What helps with an id that nothing ever had."""
    try:
        yield
    except NotFound as error:
        error.hint = error.hint or f"stigmer get {subject.kind.plural}"
        raise


def every_revision(revisions: Revisions, subject: Subject, limit: int) -> list[Revision]:
    """At most `limit` (1 or more), newest first."""
    found: list[Revision] = []
    token = ""
    while len(found) < limit:
        page, token = revisions.page(
            subject.kind.name, subject.id, page_size=min(100, limit - len(found)), page_token=token
        )
        found += page
        if not token:
            break
    return found


def history(subject: Subject, found: Sequence[Revision], output: Format) -> str:
    """The revisions in the format asked for."""
    if output is Format.NAME:
        return "\n".join(f"{subject.kind.singular}/{subject.name}@{each.number}" for each in found)
    if output is not Format.TABLE:
        return structured([record(each) for each in found], output)
    now = time.time()
    rows = [
        (str(each.number), f"{ago(now - each.at)} ago", each.event, each.actor, changed(each.changes), each.message)
        for each in found
    ]
    return table(("REVISION", "WHEN", "EVENT", "BY", "CHANGED", "MESSAGE"), rows)


def changed(changes: Sequence[Change]) -> str:
    """The first paths that a revision changed, and how many more."""
    paths = ", ".join(each.path for each in changes[:PATHS_SHOWN])
    more = len(changes) - PATHS_SHOWN
    return f"{paths} and {more} more" if more > 0 else paths or "-"


def record(revision: Revision) -> dict[str, Any]:  # plain data
    """One revision for a program."""
    return {
        "revision": revision.number,
        "event": revision.event,
        "time": datetime.fromtimestamp(revision.at, UTC).isoformat().replace("+00:00", "Z"),
        "actor": revision.actor,
        "message": revision.message,
        "versionId": revision.version_id,
        "changes": change_records(revision.changes),
    }


def change_records(changes: Sequence[Change]) -> list[dict[str, Any]]:  # plain data
    """Changed fields for a program."""
    return [{"path": each.path, "before": value_of(each.before), "after": value_of(each.after)} for each in changes]


def difference(subject: Subject, found: Difference, output: Format) -> str:
    """What is different between two revisions, in the format asked for."""
    if output is Format.NAME:
        return "\n".join(each.path for each in found.changes)
    if output is not Format.TABLE:
        return structured({"from": found.start, "to": found.end, "changes": change_records(found.changes)}, output)
    head = f"{subject.kind.name} {subject.name}, revision {found.start} to {found.end}"
    return "\n".join([paint(head, DIM, sys.stdout), *lines(found.changes)])


def lines(changes: Sequence[Change]) -> Iterator[str]:
    """Changed fields for people. Of a secret, nothing shows but that it has another value."""
    for each in changes:
        yield from change_lines(each) if each.before != each.after else (f"  ~ {each.path}: another value",)
