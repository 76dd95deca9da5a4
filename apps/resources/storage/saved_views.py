"""Lists that somebody has put aside under a name."""

from __future__ import annotations

from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.saved_view import LONGEST_NAME, LONGEST_QUERY, SavedView
from apps.resources.storage.transaction import repeatable, write_transaction

MOST = 50
"""Of one person and one list."""


def saved_views(page: str, caller: Caller) -> list[SavedView]:
    return list(SavedView.objects.filter(actor=caller.actor, page=page).order_by("name")[:MOST])


@repeatable
def save_view(page: str, name: str, query: str, caller: Caller) -> None:
    """Put it aside; another query under a name that is taken takes its place. Raises InvalidInput."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput.at("name", f"must have 1 to {LONGEST_NAME} characters")
    for place, text in (("name", name), ("query", query)):
        if not text.isprintable():
            raise InvalidInput.at(place, "has characters in it that cannot be shown")
    if len(query) > LONGEST_QUERY:
        raise InvalidInput.at("query", f"is longer than {LONGEST_QUERY} characters")
    with write_transaction():
        own = SavedView.objects.filter(actor=caller.actor, page=page)
        if own.exclude(name=name).count() >= MOST:
            raise InvalidInput.at("name", f"there are {MOST} views already: remove one first")
        SavedView.objects.update_or_create(actor=caller.actor, page=page, name=name, defaults={"query": query})


@repeatable
def forget_view(page: str, name: str, caller: Caller) -> None:
    """One that is not there is gone already."""
    with write_transaction():
        SavedView.objects.filter(actor=caller.actor, page=page, name=name).delete()
