"""Pages for when something is wrong; they need no session and no database."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.csrf import csrf_failure as django_csrf_failure


@dataclass(frozen=True)
class Trouble:
    """What a page says: a title, a sentence, and the command that helps, where one does."""

    status: int
    title: str
    sentence: str
    command: str = ""


NOT_FOUND = Trouble(404, "Nothing here", "There is no page at this address, or what it showed has been deleted.")
BAD_REQUEST = Trouble(400, "That did not work", "The request could not be understood.")
FORBIDDEN = Trouble(403, "Not allowed", "This page may not do that.")
STALE_FORM = Trouble(403, "This form is too old", "Go back, load the page again, and repeat the change.")
FAILED = Trouble(
    500, "Something went wrong", "Nothing you stored is lost. The log says what happened.", "stigmer server logs"
)
NO_DATABASE = Trouble(
    503,
    "The database is not ready",
    "Its tables do not exist yet, or are from another version. They are made when the server starts.",
    "stigmer server restart",
)
# What SQLite says, and what it means for the person. Anything else is a failure of ours.
DATABASE_TROUBLES = (
    (("no such table", "no such column", "does not exist", "unable to open"), NO_DATABASE),
    (("full",), Trouble(507, "The disk is full", "Nothing was stored. Free some space and try again.")),
    (("locked", "busy"), Trouble(503, "The database is busy", "Nothing was stored. Try again in a moment.")),
    (
        ("readonly", "read-only"),
        Trouble(
            503, "The database cannot be written", "Nothing was stored.", "stigmer config get backend.local.data_dir"
        ),
    ),
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _page(request, BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _page(request, FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _page(request, NOT_FOUND)


def failed(request: HttpRequest) -> HttpResponse:
    """Called by Django while it handles the exception, which it has logged with its traceback."""
    error = sys.exc_info()[1]
    return _page(request, _database_trouble(str(error)) if isinstance(error, DatabaseError) else FAILED)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    django_csrf_failure(request, reason)
    return _page(request, STALE_FORM)


def _database_trouble(text: str) -> Trouble:
    for words, trouble in DATABASE_TROUBLES:
        if any(word in text for word in words):
            return trouble
    return FAILED


def _page(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    return render(request, "stigmer/trouble.html", {"trouble": trouble}, status=trouble.status)
