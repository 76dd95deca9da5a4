"""The connection of a thread to the database, which lives as long as the thread."""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS, connections


def drop_if_broken() -> None:
    """After an error: have the next statement of this thread connect again, unless the connection still works."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.errors_occurred:
        database.close_if_unusable_or_obsolete()
