"""Signals to runs: stored before their senders are told, taken by the tasks that listen, each by one.

A run's row counts the signals that were sent to it and how many of them its engine was told of; what they carry stands
in rows of their own, sealed. Whatever is killed in between, a look at the rows goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.executions.actions import record
from apps.resources.executions.events import SignalChanged
from apps.resources.executions.kind import ExecutionKind, RunRow
from apps.resources.executions.model import Phase, RunSignal, SignalKind
from apps.resources.executions.recordable import NotRecordable, check_recordable
from apps.resources.executions.variables import masker_of_run
from apps.resources.json_value import Json
from apps.resources.ports import machine
from apps.resources.run_errors import IllegalTransition, SignalDiffers, TooManySignals
from apps.resources.secrets import vault
from apps.resources.storage.lookup import get_row, get_values
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.shared.masking import Masker

MOST_KEPT = 1000
"""Signals of one run that no task has taken."""
UNTOLD = ~Q(signals_told=F("signals"))
"""Runs whose engine does not know yet that there are more signals."""
CARRYING = (SignalKind.SIGNAL, SignalKind.UPDATE)


@dataclass(frozen=True)
class Wanted:
    """A signal as its sender has it. Without a `key` it is one of its own."""

    name: str
    kind: SignalKind = SignalKind.SIGNAL
    data: Json = None
    key: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([self.kind, self.name, self.data], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Fate:
    """What became of a signal by now: `task` is the path of the one that took it. `answer` is there once it is."""

    key: str
    number: int
    is_taken: bool
    has_ended: bool
    task: str
    answer: Json


@repeatable
def send(kind: ExecutionKind, execution_id: str, wanted: Wanted, caller: Caller) -> str:
    """Keep a signal for the tasks of a run, and answer its key. Repeating it with the same key changes nothing.

    Raises NotFound, IllegalTransition after the end of the run, SignalDiffers for a key that was used for another
    signal, TooManySignals, InvalidInput for what cannot be kept.
    """
    _check(kind, wanted)
    key = wanted.key or uuid.uuid4().hex
    with write_transaction():
        row = get_row(kind, execution_id, caller)
        sent = _of(execution_id).filter(key=key).first()
        if sent is not None:
            if sent.digest != wanted.digest:
                raise SignalDiffers(execution_id, key)
            return key
        phase = Phase(row.phase)
        if phase.is_terminal:
            raise IllegalTransition(execution_id, phase.label, phase.label, has_ended=True)
        if _of(execution_id).filter(taken_at=None).count() >= MOST_KEPT:
            raise TooManySignals(execution_id, MOST_KEPT)
        row.signals += 1
        row.save(update_fields=["signals"])
        now = timezone.now()
        if wanted.kind is not SignalKind.QUERY:
            sent_now = SignalChanged(row.signals, wanted.name, "kept", sender=caller.actor)
            record(execution_id, [sent_now.masked(masker_of_run(execution_id))], now)
        RunSignal.objects.create(
            execution_id=execution_id,
            number=row.signals,
            name=wanted.name,
            kind=wanted.kind,
            key=key,
            digest=wanted.digest,
            data=_sealed(wanted.data),
            at=now,
        )
    machine().interrupt(kind.name, [execution_id])
    return key


def fate_of(kind: ExecutionKind, execution_id: str, key: str, caller: Caller) -> Fate:
    """Raises NotFound for a run that is not there any more."""
    phase = Phase(get_values(kind, execution_id, ("phase",), caller)[0])
    sent = _of(execution_id).get(key=key)
    answer = _unsealed(sent.answer)
    return Fate(key, sent.number, sent.taken_at is not None, phase.is_terminal, sent.taken_by, answer)


def told(rows: QuerySet[RunRow], execution_id: str, number: int) -> None:
    """Note up to which signal the engine of a run was told."""
    with write_transaction():
        rows.filter(pk=execution_id, signals_told__lt=number).update(signals_told=number)


@dataclass(frozen=True)
class Taken:
    """What the signals that a task took carry, made its output."""

    output: Json


def take(
    execution_id: str,
    path: str,
    names: Sequence[str],
    *,
    all_of_them: bool,
    output: Callable[[dict[str, Json]], Json],
    masker: Masker,
) -> Taken | None:
    """Take the oldest signal of any of the `names`, or of each, for the task at `path`; None while it has to wait.

    The output is also what updates are answered with, masked. In the transaction that locks the run.
    """
    kept = _of(execution_id).filter(taken_at=None, kind__in=CARRYING, name__in=set(names)).order_by("number")
    found: dict[str, RunSignal] = {}
    for signal in kept.only("id", "name", "kind", "data", "number"):
        found.setdefault(signal.name, signal)
        if not all_of_them or len(found) == len(set(names)):
            break
    if not found or (all_of_them and len(found) < len(set(names))):
        return None
    now = timezone.now()
    taken = [SignalChanged(signal.number, signal.name, "taken", path).masked(masker) for signal in found.values()]
    record(execution_id, taken, now)
    came = output({name: _unsealed(found[name].data) for name in names if name in found})
    for signal in found.values():
        signal.taken_at, signal.taken_by = now, path
        signal.answer = _sealed(masker.value(came)) if signal.kind == SignalKind.UPDATE else ""
        signal.save(update_fields=["taken_at", "taken_by", "answer"])
    return Taken(came)


def answer_queries(execution_id: str, path: str, names: Collection[str], answer: Json) -> None:
    """Answer what is asked under these names while the task at `path` waits. In a transaction."""
    asked = _of(execution_id).filter(taken_at=None, kind=SignalKind.QUERY, name__in=set(names))
    asked.update(taken_at=timezone.now(), taken_by=path, answer=_sealed(answer))


def give_back(execution_id: str, path: str) -> None:
    """Have what the task at `path` took be there again, of which its run does not know. In a transaction."""
    taken = _of(execution_id).filter(taken_by=path, kind__in=CARRYING)
    taken.update(taken_at=None, taken_by="", answer="")


def hand_over(execution_id: str, to: str) -> int:
    """Give the run that retries another one what no task of that one took, and answer how many that are.

    In the transaction that stores the run.
    """
    left = [*_of(execution_id).filter(taken_at=None, kind__in=CARRYING).order_by("number")]
    for number, signal in enumerate(left, 1):
        signal.execution_id, signal.number = to, number
        signal.save(update_fields=["execution_id", "number"])
    return len(left)


def last_number(execution_id: str) -> int:
    """How many were sent to the run."""
    return _of(execution_id).order_by("-number").values_list("number", flat=True).first() or 0


def _check(kind: ExecutionKind, wanted: Wanted) -> None:
    if not kind.takes_signals:
        raise InvalidInput.at("execution_id", "runs of agents take no signals, only those of workflows")
    try:
        check_recordable(wanted.data)
    except NotRecordable as error:
        raise InvalidInput.at("data", str(error)) from None


def _of(execution_id: str) -> QuerySet[RunSignal]:
    return RunSignal.objects.filter(execution_id=execution_id)


def _sealed(value: Json) -> str:
    return vault.seal(json.dumps(value))


def _unsealed(sealed: str) -> Json:
    return json.loads(vault.unseal(sealed)) if sealed else None
