"""Short transactions that may write."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, transaction

from apps.resources.ports import machine
from apps.resources.storage.connections import drop_if_broken
from apps.resources.storage.failures import storage_error, was_taken_back

logger = logging.getLogger(__name__)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
MOST_ATTEMPTS = 5


@contextmanager
def write_transaction(*, keep: bool = True) -> Iterator[None]:
    """A transaction that may write; with `keep` false everything in it is undone at the end (dry run)."""
    try:
        machine().refuse_writes()
        with machine().write_turn.turn(), transaction.atomic():
            yield
            if not keep:
                transaction.set_rollback(True)
    except DatabaseError as error:
        drop_if_broken()
        storage_error(error)  # whoever finds the database damaged has everybody stop writing
        raise


def repeatable(write: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Do `write`, which is one transaction and nothing else, again when the database took it back for another one.

    Only the outermost can be done again: within another transaction the error goes on to whoever began that.
    """

    @wraps(write)
    def repeated(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        for _ in range(MOST_ATTEMPTS - 1):
            try:
                return write(*args, **kwargs)
            except DatabaseError as error:
                if transaction.get_connection().in_atomic_block or not was_taken_back(error):
                    raise
                logger.info("%s: %s; once more", write.__name__, str(error).partition("\n")[0])
        return write(*args, **kwargs)

    return repeated
