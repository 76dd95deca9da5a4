"""Where the records of steps are kept; what they mean is for whoever takes the steps to know (the step ledger).

A step is (run, key, attempt). Call those that write inside a write transaction.
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from apps.resources.executions.model import StepRecord
from apps.resources.storage.statements import insert_rows


def begin_step(execution_id: str, key: str, attempt: int, *, path: str, request_hash: str) -> tuple[StepRecord, bool]:
    """Note that a step has begun. The record, and whether it is new."""
    return StepRecord.objects.get_or_create(
        execution_id=execution_id,
        key=key,
        attempt=attempt,
        defaults={"path": path, "request_hash": request_hash, "began_at": timezone.now()},
    )


def end_step(execution_id: str, key: str, attempt: int, *, result: str) -> None:
    """Keep what a step that has begun came to, sealed; without its record nothing is kept, for its run has ended."""
    begun = StepRecord.objects.filter(execution_id=execution_id, key=key, attempt=attempt)
    begun.update(has_ended=True, result=result, ended_at=timezone.now())


def keep_step(execution_id: str, key: str, attempt: int, *, path: str, result: str) -> None:
    """Keep what a step came to, sealed, whether or not its begin was noted."""
    now = timezone.now()
    ended = {"has_ended": True, "result": result, "ended_at": now}
    StepRecord.objects.update_or_create(
        execution_id=execution_id,
        key=key,
        attempt=attempt,
        defaults=ended,
        create_defaults={**ended, "path": path, "began_at": now},
    )


def add_step(execution_id: str, key: str, attempt: int, *, path: str, result: str) -> None:
    """Keep something for a run, sealed, under a key that is not taken."""
    record = StepRecord(
        execution_id=execution_id, key=key, path=path, attempt=attempt, began_at=timezone.now(), result=result
    )
    insert_rows([record])


def find_step(execution_id: str, key: str, attempt: int) -> StepRecord | None:
    return StepRecord.objects.filter(execution_id=execution_id, key=key, attempt=attempt).first()


def steps_of(execution_ids: Collection[str], key: str, attempt: int) -> list[StepRecord]:
    """The records that several runs have under the same key."""
    return list(StepRecord.objects.filter(execution_id__in=execution_ids, key=key, attempt=attempt))
