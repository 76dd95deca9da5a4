"""Changing the key that secret values are encrypted with, while everything runs.

A new key is added first; from then on every process encrypts with it. Then what is stored is encrypted
anew, a hundred rows in a transaction, and at last the keys that nothing needs any more are removed. It may be
interrupted anywhere: nothing is lost, and the next rotation goes on where this one ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.resources.base import Revision
from apps.resources.executions.model import Phase, RunSignal, StepRecord
from apps.resources.executions.steps import kept_runs
from apps.resources.json_value import Json
from apps.resources.ports import machine
from apps.resources.registry import KINDS, WORKFLOW_EXECUTION
from apps.resources.secrets import vault
from apps.resources.storage.transaction import write_transaction
from apps.shared.annotations import RETRY_OF

ROWS = 100
"""In one transaction: some 10 ms."""
LINGERS = timedelta(hours=1)
"""A workflow's history is still read for so long after its run has ended."""
PLACES: tuple[tuple[type[models.Model], str], ...] = (
    *((kind.model, "secrets") for kind in KINDS),
    (Revision, "secrets"),
    (StepRecord, "result"),
    (RunSignal, "data"),
    (RunSignal, "answer"),
)
"""Every column with ciphertexts. What Temporal keeps stays under its key, which stays as long."""


@dataclass
class Rotation:
    """What was done. `unreadable` counts values whose key is not on this machine, by its id."""

    key_id: str
    is_continued: bool
    values: int = 0
    unreadable: dict[str, int] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Older keys that something still needs."""


class Elsewhere(Protocol):
    """Ciphertexts that are kept outside of the database."""

    def key_ids(self) -> set[str]:
        """The ids of the keys that they are encrypted with."""

    def reseal(self, reseal: Callable[[str], str]) -> None:
        """Put what `reseal` makes of each in its place."""


def rotate(elsewhere: Elsewhere | None = None) -> Rotation | None:
    """Put every stored secret under a new key, or finish a rotation that was interrupted. None without a key.

    Where keys are given there is no new one: everything is put under the newest.
    """
    store = machine().keys
    if not store.exists():
        return None
    before = [key.id for key in store.read()]
    is_continued = bool(set(before[:-1]) & _used())
    rotation = Rotation(before[-1] if is_continued else store.add().id, is_continued)
    for model, column in PLACES:
        for ids in _pages(model, column):
            _reseal(model, column, ids, rotation)
    if elsewhere is not None:
        elsewhere.reseal(lambda sealed: str(_resealed(sealed, rotation)))
    _remove_unused(before[:-1], rotation, elsewhere.key_ids() if elsewhere is not None else set())
    return rotation


def _reseal(model: type[models.Model], column: str, ids: list[Any], rotation: Rotation) -> None:  # Any: keys of rows
    changed = 0
    with write_transaction():
        for row_id, stored in _rows(model).select_for_update().filter(pk__in=ids).values_list("pk", column):
            fresh = _resealed(stored, rotation)
            if fresh != stored:
                # Not through the actions: nothing that anybody can see of the resource changes.
                _rows(model).filter(pk=row_id).update(**{column: fresh})
                changed += len(fresh) if isinstance(fresh, dict) else 1
    rotation.values += changed


def _resealed(stored: Json, rotation: Rotation) -> Json:
    if isinstance(stored, dict):
        return {path: _resealed(sealed, rotation) for path, sealed in stored.items()}
    if vault.is_newest(stored):
        return stored
    try:
        return vault.reseal(stored)
    except KeyError:
        key_id = vault.key_id_of(stored)
        rotation.unreadable[key_id] = rotation.unreadable.get(key_id, 0) + 1
        return stored


def _remove_unused(older: list[str], rotation: Rotation, used_elsewhere: set[str]) -> None:
    """Remove keys that were not the newest when this began: nobody is in the middle of using one of those."""
    keys = machine().keys.read()
    used = _used() | used_elsewhere
    superseded = {key.id: after.made for key, after in pairwise(keys)}
    rotation.removed = [
        key for key in older if key in superseded and not (key in used or _is_in_temporal(superseded[key]))
    ]
    rotation.kept = [key.id for key in keys[:-1] if key.id not in rotation.removed]
    if rotation.removed:
        machine().keys.remove(rotation.removed)


def _is_in_temporal(superseded: float) -> bool:
    """Whether a workflow still runs that began when a key was in use: its history is under that key.

    Or may be retried: parts of what its steps came to are under that key, too. A run that retries another began with
    that one, whose key nobody knows.
    """
    began = Q()
    if superseded:  # else nobody knows when: any that still runs may be
        began = Q(created_at__lte=datetime.fromtimestamp(superseded, UTC) + timedelta(minutes=1))
        began |= Q(annotations__has_key=RETRY_OF)
    is_read = Q(phase__lt=Phase.COMPLETED) | Q(completed_at__gt=timezone.now() - LINGERS) | Q(pk__in=kept_runs())
    return WORKFLOW_EXECUTION.model.objects.filter(began & is_read).exists()


def _used() -> set[str]:
    """The ids of all keys that something in the database is encrypted with."""
    return {
        vault.key_id_of(sealed)
        for model, column in PLACES
        for stored in _sealed_rows(model, column).values_list(column, flat=True).iterator(chunk_size=ROWS)
        for sealed in (stored.values() if isinstance(stored, dict) else [stored])
    }


def _pages(model: type[models.Model], column: str) -> Iterator[list[Any]]:
    """The keys of all rows with ciphertexts, a hundred at a time; no cursor stays open in between."""
    rows = _sealed_rows(model, column).order_by("pk").values_list("pk", flat=True)
    page = list(rows[:ROWS])
    while page:
        yield page
        page = list(rows.filter(pk__gt=page[-1])[:ROWS])


def _sealed_rows(model: type[models.Model], column: str) -> models.QuerySet[Any]:
    return _rows(model).exclude(**{column: {} if column == "secrets" else ""})


def _rows(model: type[models.Model]) -> models.QuerySet[Any]:
    return model._default_manager.all()  # noqa: SLF001  # Django's name for it
