"""Where the records of steps are kept; what they mean is for whoever takes the steps to know (the step ledger).

A step is (run, key, attempt). Call those that write inside a write transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from django.utils import timezone

from apps.resources.executions.model import StepRecord
from apps.resources.storage.statements import insert_rows, upsert_row

IDENTITY: Final = ("execution_id", "key", "attempt")
ASIDE: Final = "aside"
"""A key like that of no step, which are digests."""


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
    record = StepRecord(
        execution_id=execution_id,
        key=key,
        attempt=attempt,
        path=path,
        began_at=now,
        has_ended=True,
        result=result,
        ended_at=now,
    )
    upsert_row(record, IDENTITY, ("has_ended", "result", "ended_at"))


def drop_step(execution_id: str, key: str, attempt: int) -> None:
    """Forget a step, as if it had never begun."""
    StepRecord.objects.filter(execution_id=execution_id, key=key, attempt=attempt).delete()


def add_step(execution_id: str, key: str, attempt: int, *, path: str, result: str) -> None:
    """Keep something for a run, sealed, under a key that is not taken."""
    record = StepRecord(
        execution_id=execution_id, key=key, path=path, attempt=attempt, began_at=timezone.now(), result=result
    )
    insert_rows([record])


def find_step(execution_id: str, key: str, attempt: int) -> StepRecord | None:
    return StepRecord.objects.filter(execution_id=execution_id, key=key, attempt=attempt).first()


def put_aside(execution_id: str, result: str) -> None:
    """Keep what a run that has failed leaves to whoever retries it, sealed: the mark that its records are kept."""
    keep_step(execution_id, ASIDE, 0, path="", result=result)


def note_failed_task(execution_id: str, path: str) -> bool:
    """Keep in which task a run has failed, "" where nobody knows. False where its records are not kept."""
    return bool(StepRecord.objects.filter(execution_id=execution_id, key=ASIDE).update(path=path))


def find_aside(execution_id: str) -> StepRecord | None:
    """Its `path` is that of the task that the run failed in, "" where nobody knows."""
    return find_step(execution_id, ASIDE, 0)


def move_steps(execution_id: str, to: str, *, keeps: Callable[[str], bool]) -> None:
    """Hand the records of a run over to another one, those of paths that `keeps` is true for; the others go."""
    found = StepRecord.objects.filter(execution_id=execution_id)
    found.filter(key=ASIDE).delete()
    gone = [pk for pk, path in found.values_list("pk", "path") if path and not keeps(path)]
    for start in range(0, len(gone), 500):
        StepRecord.objects.filter(pk__in=gone[start : start + 500]).delete()
    found.update(execution_id=to)


def attempts_at(execution_id: str, key: str) -> list[StepRecord]:
    """The records of all attempts under a key."""
    return list(StepRecord.objects.filter(execution_id=execution_id, key=key).order_by("attempt"))


def kept_runs() -> list[str]:
    """The runs that have failed and whose records are kept: read off the index that tells records apart."""
    return list(StepRecord.objects.filter(key=ASIDE, attempt=0).values_list("execution_id", flat=True))


def steps_of(execution_ids: Collection[str], key: str, attempt: int) -> list[StepRecord]:
    """The records that several runs have under the same key."""
    if not execution_ids:
        return []
    return list(StepRecord.objects.filter(execution_id__in=execution_ids, key=key, attempt=attempt))
