"""Pages for when something is wrong; they need no session and no database."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib import admin
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.csrf import csrf_failure as django_csrf_failure

from apps.resources.storage.failures import storage_error
from apps.resources.storage_errors import (
    MigrationsPending,
    ServerStorageDamaged,
    StorageBusy,
    StorageCrowded,
    StorageDamaged,
    StorageEmptied,
    StorageError,
    StorageFileLimit,
    StorageFull,
    StorageOutOfMemory,
    StorageQuota,
    StorageReadOnly,
    StorageUnreachable,
)


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
UNMIGRATED = replace(
    NO_DATABASE, sentence="Its tables are from another version. A job makes them new.", command="stigmer serve migrate"
)
STORAGE_TROUBLES: dict[type[StorageError], Trouble] = {
    StorageFull: Trouble(507, "The disk is full", "Nothing was stored. Free some space and try again."),
    StorageQuota: Trouble(507, "The quota is used up", "Nothing was stored. Delete something of yours and try again."),
    StorageFileLimit: Trouble(507, "A file cannot grow any more", ""),  # the error has the sentence
    StorageBusy: Trouble(503, "The database is busy", "Nothing was stored. Try again in a moment."),
    StorageReadOnly: Trouble(
        503, "The database cannot be written", "Nothing was stored.", "stigmer config get backend.local.data_dir"
    ),
    StorageUnreachable: Trouble(503, "The database cannot be reached", "Try again when its server runs."),
    StorageCrowded: Trouble(
        503, "The database takes no more connections", "Nothing was stored. Try again in a moment."
    ),
    StorageOutOfMemory: Trouble(503, "The database has no memory left", "Nothing was stored. Try again in a moment."),
    MigrationsPending: NO_DATABASE,
    StorageDamaged: Trouble(503, "The database is damaged", "", "stigmer server stop"),  # the error has the sentence
    StorageEmptied: Trouble(503, "The database is empty", ""),  # as above
    ServerStorageDamaged: Trouble(503, "The database is damaged", ""),  # as above
}
LACKS_TABLES = ("no such table", "no such column", "does not exist")
"""What SQLite and PostgreSQL say of it."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _page(request, BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _page(request, FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """With the ways on of every page for who is signed in, as far as there is a database that knows."""
    del exception
    try:
        if request.user.is_authenticated:
            context = {**admin.site.each_context(request), "trouble": NOT_FOUND, "title": NOT_FOUND.title}
            return render(request, "stigmer/not_found.html", context, status=NOT_FOUND.status)
    except (DatabaseError, AttributeError):  # no user: what was refused before anybody asked who it is
        pass
    return _page(request, NOT_FOUND)


def failed(request: HttpRequest) -> HttpResponse:
    """Called by Django while it handles the exception, which it has logged with its traceback."""
    error = sys.exc_info()[1]
    return _page(request, _database_trouble(error) if isinstance(error, DatabaseError) else FAILED)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    django_csrf_failure(request, reason)
    return _page(request, STALE_FORM)


def _database_trouble(error: DatabaseError) -> Trouble:
    known = storage_error(error)
    if known is not None:
        trouble = _no_tables() if isinstance(known, MigrationsPending) else STORAGE_TROUBLES[type(known)]
        return trouble if trouble.sentence else replace(trouble, sentence=_sentences(known))
    return _no_tables() if any(words in str(error) for words in LACKS_TABLES) else FAILED


def _no_tables() -> Trouble:
    """Servers of many machines do not make them when they start: a job does."""
    return UNMIGRATED if settings.CLOUD else NO_DATABASE


def _sentences(error: StorageError) -> str:
    return f"{error.message[0].upper()}{error.message[1:]}. {error.hint}."


def _page(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    return render(request, "stigmer/trouble.html", {"trouble": trouble}, status=trouble.status)
