"""Short transactions that may write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from apps.resources.ports import machine
from apps.resources.storage.lookup import forget_organizations


@contextmanager
def write_transaction(*, keep: bool = True) -> Iterator[None]:
    """A transaction that may write; with `keep` false everything in it is undone at the end (dry run)."""
    is_kept = False
    try:
        with machine().write_turn.turn(), transaction.atomic():
            yield
            if not keep:
                transaction.set_rollback(True)
        is_kept = keep
    finally:
        if not is_kept:
            forget_organizations()  # it may have seen some that are undone now
