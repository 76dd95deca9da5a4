"""Removing archives of skills that nothing refers to: of deleted skills, and of uploads that came to nothing."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from apps.resources.ports import machine
from apps.resources.storage.skill_artifacts import (
    forget_artifact,
    lock_unreferenced,
    set_not_kept,
    unreferenced_artifacts,
)
from apps.resources.storage.transaction import repeatable, write_transaction

logger = logging.getLogger(__name__)

GRACE = timedelta(hours=1)
"""How long an upload may wait for the skill that is made of it. Nothing depends on it but comfort."""


def collect_artifacts(now: datetime, grace: timedelta = GRACE) -> int:
    """Remove what nothing has referred to for so long, and what writers that died have left. How many archives."""
    machine().blobs.tidy()
    before = now - grace
    collected = sum(_withdraw(key, before) and _remove(key, before) for key in unreferenced_artifacts(before))
    if collected:
        logger.info("collected %d archives of skills that nothing refers to", collected)
    return collected


@repeatable
def _withdraw(key: int, before: datetime) -> bool:
    """Nobody can refer to it from now on. Apart from the removal: should that be cut off, the row must not lie."""
    with write_transaction():
        artifact = lock_unreferenced(key, before)
        if artifact is not None:
            set_not_kept(artifact)
        return artifact is not None


@repeatable
def _remove(key: int, before: datetime) -> bool:
    """The archive first, while its row is locked: whoever stores it again waits for that."""
    with write_transaction():
        artifact = lock_unreferenced(key, before)
        if artifact is None or artifact.is_kept:
            return False
        machine().blobs.delete(artifact.digest)
        forget_artifact(artifact)
        return True
