"""Making a resource what it was in an earlier revision: what that would change, a question, and the write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from apps.resources.admin.base import Context
from apps.resources.admin.forms import sentences
from apps.resources.admin.history import Entry, entry
from apps.resources.admin.links import change_url, history_url
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource, Revision
from apps.resources.caller import Caller
from apps.resources.errors import NotFound, RevisionNotFound, StigmerError
from apps.resources.kind import Action, Kind
from apps.resources.storage.lookup import visible
from apps.resources.storage.revisions import get_newest, get_revision


@dataclass(frozen=True)
class Restoration:
    """A resource as it is, and the revision that it is to be like again."""

    kind: Kind
    row: Resource
    revision: Revision
    change: Entry

    @classmethod
    def of(cls, kind: Kind, resource_id: str, number: int, caller: Caller) -> Restoration:
        """Raises Http404 where one of them is not there."""
        row = visible(kind, caller).filter(pk=resource_id).first()
        if row is None:
            raise Http404
        try:
            revision = get_revision(kind, resource_id, number, caller)
        except (NotFound, RevisionNotFound):
            raise Http404 from None
        return cls(kind, row, revision, entry(revision, get_newest(kind, resource_id, caller)))


def restore_page(request: HttpRequest, kind: Kind, resource_id: str, number: int, context: Context) -> HttpResponse:
    """GET asks, POST does it: not where the resource has changed since the question."""
    caller = authenticate(request)
    wanted = Restoration.of(kind, resource_id, number, caller)
    if request.method == "POST":
        from apps.resources.writes.revisions import roll_back  # what writing needs is not loaded for reading

        try:
            outcome = roll_back(kind, resource_id, number, caller, seen_version_id=request.POST.get("seen", ""))
        except StigmerError as error:
            messages.error(request, sentences(error))
            return HttpResponseRedirect(request.path)
        for warning in outcome.warnings:
            messages.warning(request, warning)
        done = "is so already" if outcome.action is Action.UNCHANGED else "is again what it was then"
        messages.success(request, f"Revision {number}: {wanted.row.name} {done}.")
        return HttpResponseRedirect(change_url(kind, resource_id))
    return render(request, "resources/restore.html", context | _context(wanted))


def _context(wanted: Restoration) -> dict[str, Any]:  # Any: whatever templates are given
    return {
        "title": f"Restore revision {wanted.revision.number} of {wanted.row.name}",
        "subtitle": None,
        "entry": wanted.change,
        "original": wanted.row,
        "seen": wanted.row.version_id,
        "history_url": history_url(wanted.kind, wanted.row.pk),
    }
