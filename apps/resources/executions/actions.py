"""Every write to a run: by whoever works on it, by whoever wants it to end, by runners elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.resources.caller import SYSTEM, Caller
from apps.resources.executions.event_base import Event
from apps.resources.executions.event_log import insert_events
from apps.resources.executions.events import PhaseChanged, StatusReplaced
from apps.resources.executions.forgetting import work_to_forget
from apps.resources.executions.kind import ExecutionKind, RunRow
from apps.resources.executions.model import Execution, Phase, Waiting
from apps.resources.executions.queries import Lease, cancel_text, oldest_pending, unused_signals
from apps.resources.executions.reading import folded_envelope
from apps.resources.executions.recordable import recordable, recordable_text
from apps.resources.executions.run_text import keep_end, keep_text, output_of
from apps.resources.executions.spending import keep_usage
from apps.resources.executions.variables import masker_of_run
from apps.resources.json_value import Json
from apps.resources.kind import Draft
from apps.resources.ports import Launcher, QueueLost, Sleeper, machine
from apps.resources.registry import execution_kind_of
from apps.resources.run_errors import EngineUnavailable, IllegalTransition, LeaseLost
from apps.resources.storage.journal import note
from apps.resources.storage.lookup import find_row, get_row
from apps.resources.storage.owned_rows import delete_owned_rows
from apps.resources.storage.revisions import next_number
from apps.resources.storage.statements import fetch_all, fetch_row, fetch_values, update_row, update_values
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.writes.batch import IdentityTaken, WriteBatch
from apps.resources.writes.outcome import Outcome
from apps.shared.masking import NOTHING_SECRET, Masker

logger = logging.getLogger(__name__)

LOGGED = 500
"""Characters of an error, whose whole stands in its run."""
HOLD = ("phase", "lease_owner")
GIVEN_BACK = Q(phase=Phase.IN_PROGRESS, lease_owner="")
NOT_REPORTED = frozenset({"phase", "audit", "callback_token"})
CLAIMED = ("phase", "lease_owner", "lease_until", "attempt", "started_at", "status_updated_at")
ENDED = (
    "phase",
    "error",
    "completed_at",
    "status_updated_at",
    "lease_owner",
    "lease_until",
    "waiting",
    "tokens",
    "seconds",
    "is_folded",
    "snapshot",
)


def launcher_of(kind: ExecutionKind[RunRow]) -> Launcher[RunRow]:
    launcher: Launcher[RunRow] | None = machine().launchers.get(kind.name)
    if launcher is None:
        raise EngineUnavailable(f"this process cannot start runs of {kind.plural}")
    return launcher


def start(
    kind: ExecutionKind[RunRow],
    batch: WriteBatch[RunRow],
    draft: Draft[RunRow],
    asked: dict[str, Json],
    *,
    events: Iterable[Event] = (),
) -> Outcome[RunRow]:
    """Stage a new run in `batch`, PENDING. Call it inside a transaction; its launcher is woken on commit.

    `asked` and what is raised are those of `Launcher.prepare`, and IdentityTaken. `events` have happened in it already.
    """
    launcher = launcher_of(kind)
    outcome = batch.create(draft, number=next_number(draft.metadata.id))
    row = outcome.row
    if kind.parent and draft.parent:
        setattr(row, kind.parent.column.removesuffix("_id"), draft.parent)  # so that nobody reads it again
    row.is_waited_for = bool(row.callback_token)
    if draft.metadata.id:
        _take_id(kind, row)
    launcher.prepare(row, asked)
    keep_text(row)
    record(row.pk, [PhaseChanged(Phase.PENDING), *events], batch.now)
    transaction.on_commit(lambda: _launch(launcher, row.pk))
    return outcome


def _take_id(kind: ExecutionKind[RunRow], row: RunRow) -> None:
    """Have an id that was chosen for a new run to itself, before anything is kept under it. Raises IdentityTaken."""
    if find_row(kind, row.pk, SYSTEM) is not None:
        raise IdentityTaken(kind, [row])
    delete_owned_rows(kind.owned_rows, [row.pk])  # of a run that is long gone


def _launch(launcher: Launcher[RunRow], execution_id: str) -> None:
    try:
        launcher.launch(execution_id)
    except QueueLost as error:
        logger.warning("execution %s: could not wake its runner, a sweeper will find it: %s", execution_id, error)
    except Exception:
        # The run is stored and will be found by the sweeper: a lost wake-up costs seconds, not the run.
        logger.exception("execution %s: could not wake its runner", execution_id)


@repeatable
def claim(kind: ExecutionKind[RunRow], execution_id: str, owner: str, *, seconds: float) -> RunRow | None:
    """Take the lease of a run that nobody works on: PENDING, or IN_PROGRESS and given back.

    Returns the row, now IN_PROGRESS, or None when there is nothing to take. Of two callers one gets it: the other
    waits for the row, and what it looks for is judged again then.
    """
    now = timezone.now()
    with write_transaction():
        row = fetch_row(kind.model, execution_id)
        if row is None or not row.is_free:
            return None
        first = row.phase == Phase.PENDING
        row.phase, row.lease_owner, row.attempt = Phase.IN_PROGRESS, owner, row.attempt + 1
        row.lease_until, row.started_at = now + timedelta(seconds=seconds), row.started_at or now
        row.status_updated_at = now
        update_row(row, CLAIMED)
        if first:
            record(execution_id, [PhaseChanged(Phase.IN_PROGRESS)], now)
    return row


@repeatable
def claim_pending(kind: ExecutionKind, owner: str, *, seconds: float, most: int) -> dict[str, int]:
    """Take the leases of the oldest runs that nobody has taken yet, at most so many.

    Answers their ids with their turns of pausing, which count as told. All of them cost little more than one.
    """
    now = timezone.now()
    with write_transaction():
        found = fetch_all(oldest_pending, kind.model, most)
        begun = {"phase": Phase.IN_PROGRESS, "started_at": now, "status_updated_at": now}
        begun |= {"lease_owner": owner, "lease_until": now + timedelta(seconds=seconds)}
        for pk, attempt, turn, last in found:
            told = {"attempt": attempt + 1, "pause_turn_told": turn, "signals_told": last}
            update_values(kind.model, "id", pk, {**begun, **told})
        if found:
            _record_all([(pk, PhaseChanged(Phase.IN_PROGRESS)) for pk, *_ in found], now)
    return {pk: turn for pk, _, turn, _ in found}


@repeatable
def renew(kind: ExecutionKind, execution_id: str, owner: str, *, seconds: float, worked_seconds: float = 0.0) -> bool:
    """Keep the lease for `seconds` more, after so many of work. False when it is lost: stop working."""
    until = timezone.now() + timedelta(seconds=seconds)
    worked = F("worked_seconds") + worked_seconds
    with write_transaction():
        return bool(_held(kind, execution_id, owner).update(lease_until=until, worked_seconds=worked))


def must_hold(kind: ExecutionKind, execution_id: str, owner: str) -> None:
    """Raise LeaseLost unless `owner` holds the lease of the run; it keeps it until the transaction under way ends."""
    if fetch_values(kind.model, execution_id, HOLD) != _hold_of(owner):
        raise LeaseLost(execution_id)


@repeatable
def append(
    kind: ExecutionKind, execution_id: str, owner: str, events: Sequence[Event], *, masker: Masker = NOTHING_SECRET
) -> None:
    """Record what happened in a run whose lease `owner` holds. Raises LeaseLost, and then records nothing.

    `masker` knows the secrets of the run: none of them is recorded.
    """
    masked = [event.masked(masker) for event in events]
    with write_transaction():
        if fetch_values(kind.model, execution_id, HOLD) != _hold_of(owner):
            raise LeaseLost(execution_id)
        record(execution_id, masked, timezone.now())


@repeatable
def finish(
    kind: ExecutionKind,
    execution_id: str,
    owner: str,
    phase: Phase,
    *,
    masker: Masker = NOTHING_SECRET,
    error: str = "",
    events: Iterable[Event] = (),
) -> None:
    """End a run whose lease `owner` holds, with its last events. Raises LeaseLost. As to `masker`, see `append`."""
    error, masked = masker.cut(error), [event.masked(masker) for event in events]
    with write_transaction():
        row = fetch_row(kind.model, execution_id)
        if row is None or [row.phase, row.lease_owner] != _hold_of(owner):
            raise LeaseLost(execution_id)
        end_run(kind, row, phase, error, masked)
    logger.info("%s %s: %s%s", kind.name, execution_id, phase.label, f" ({error[:LOGGED]})" if error else "")


@repeatable
def give_back(kind: ExecutionKind, execution_id: str, owner: str) -> None:
    """Let go of a run without ending it (a runner that stops): whoever comes next may take it at once."""
    with write_transaction():
        _held(kind, execution_id, owner).update(lease_owner="")


@repeatable
def take_away(kind: ExecutionKind, lease: Lease) -> bool:
    """Let a run go whose worker has died or hangs, for whoever comes next. False where the lease was renewed since."""
    with write_transaction():
        held = _held(kind, lease.execution_id, lease.owner).filter(lease_until=lease.until)
        return bool(held.update(lease_owner=""))


@repeatable
def request_cancel(kind: ExecutionKind, execution_id: str, reason: str, caller: Caller) -> None:
    """Ask a run to end; one that nobody has taken yet ends here. Raises NotFound, IllegalTransition."""
    with write_transaction():
        row = get_row(kind, execution_id, caller)
        phase, reason = Phase(row.phase), masker_of_run(execution_id).text(reason)
        if phase.is_terminal:
            raise IllegalTransition(execution_id, phase.label, Phase.CANCELLED.label, has_ended=True)
        if row.cancel_requested_at is None:
            row.cancel_requested_at, row.cancel_reason = timezone.now(), recordable_text(reason)
            row.save(update_fields=["cancel_requested_at", "cancel_reason"])
        if phase is Phase.PENDING:
            end_run(kind, row, Phase.CANCELLED, cancel_text(reason), [])
    if phase is Phase.IN_PROGRESS:
        machine().interrupt(kind.name, [execution_id])


@repeatable
def set_status(kind: ExecutionKind, execution_id: str, status: dict[str, Json], caller: Caller) -> None:
    """Take over what a runner outside this control plane reports (updateStatus of the contract).

    `status` is the contract's status as JSON: lists that are not empty replace, a phase moves the run
    forward, texts that are not empty are set; token and audit are ignored. Raises IllegalTransition
    for a phase that does not lie ahead, and for any change to a run that has ended.
    """
    said = recordable({name: value for name, value in status.items() if name not in NOT_REPORTED and value})
    said = masker_of_run(execution_id).texts(said)
    with write_transaction():
        row = get_row(kind, execution_id, caller)
        before = Phase(row.phase)
        after = Phase[status["phase"].removeprefix("EXECUTION_")] if status.get("phase") else before
        if before.is_terminal or after < before:
            raise IllegalTransition(execution_id, before.label, after.label, has_ended=before.is_terminal)
        now = timezone.now()
        row.error = said.get("error", row.error)
        if after.is_terminal:
            end_run(kind, row, after, row.error, [StatusReplaced(said)] if said else [])
            return
        if after is not before:
            row.phase, row.started_at, row.status_updated_at = after, row.started_at or now, now
            # A runner of its own holds it; this control plane's sweeper must not think it abandoned.
            row.lease_owner, row.lease_until = "external", None
            row.save(update_fields=["phase", "started_at", "lease_owner", "lease_until", "status_updated_at"])
            record(row.pk, [PhaseChanged(after)], now)
        if "error" in said:
            row.save(update_fields=["error"])
        if said:
            record(row.pk, [StatusReplaced(said)], now)


def abandoned(kind: ExecutionKind[RunRow], *, pending_for: float) -> list[RunRow]:
    """Runs that nobody works on although somebody should: for the sweeper.

    IN_PROGRESS and given back, and PENDING for longer than `pending_for` seconds.
    """
    forgotten = Q(phase=Phase.PENDING, created_at__lt=timezone.now() - timedelta(seconds=pending_for))
    return list(kind.model.objects.filter(GIVEN_BACK | forgotten).order_by("pk"))


def _held(kind: ExecutionKind, execution_id: str, owner: str):  # type: ignore[no-untyped-def]  # a queryset of either table
    return kind.model.objects.filter(pk=execution_id, lease_owner=owner, phase=Phase.IN_PROGRESS)


def _hold_of(owner: str) -> list[Json]:
    """The values of HOLD in a run whose lease `owner` holds."""
    return [Phase.IN_PROGRESS, owner]


def record(execution_id: str, events: Iterable[Event], at: datetime) -> None:
    """Store events of a run whose row this transaction has locked, or is about to insert."""
    _record_all([(execution_id, event) for event in events], at)


def _record_all(events: Sequence[tuple[str, Event]], at: datetime) -> None:
    """Store events with the ids of their runs, whose rows this transaction has locked or is about to insert.

    Here, whatever a run yields is made storable (`recordable`): no writer has to think of it.
    """
    insert_events(
        {"execution_id": run, "type": event.type, "data": recordable(event.as_data()), "at": at}
        for run, event in events
    )
    note(_steps_of(events), at)
    machine().changes.announce({run for run, _ in events})


def _steps_of(events: Sequence[tuple[str, Event]]) -> Iterator[tuple[str, str, str]]:
    """What those who watch runs are told of: that one goes on to another phase. Its creation is noted as any other."""
    for run, event in events:
        kind = execution_kind_of(run)
        if isinstance(event, PhaseChanged) and event.phase is not Phase.PENDING and kind is not None:
            yield kind.name, run, "updated"


def _fold(kind: ExecutionKind, row: Execution) -> None:
    """Put the whole status into the row, unless something recorded cannot be read: the run ends all the same."""
    output = ""
    try:
        envelope = folded_envelope(kind, row.pk, bytes(row.snapshot))
        row.snapshot, row.is_folded = envelope.SerializeToString(), True
        output = output_of(envelope)
        keep_usage(row, envelope, row.completed_at or timezone.now())
    except DatabaseError:
        raise
    except Exception:
        logger.exception("execution %s: its status cannot be stored as a whole", row.pk)
    keep_end(row.pk, output, row.error)


def end_run(kind: ExecutionKind, row: Execution, phase: Phase, error: str, events: list[Event]) -> None:
    """Store the terminal phase and, for all later reads, the whole status; what the run knew goes.

    In the write transaction that has locked its row.
    """
    now = timezone.now()
    if row.signals:
        events = [*events, *(each.masked(masker_of_run(row.pk)) for each in unused_signals(row.pk))]
    record(row.pk, [*events, PhaseChanged(phase, error)], now)
    row.phase, row.error = phase, recordable_text(error)
    row.completed_at = row.status_updated_at = now
    row.lease_owner, row.lease_until, row.waiting = "", None, Waiting.NOTHING
    row.seconds = (now - row.started_at).total_seconds() if row.started_at else None
    _fold(kind, row)
    update_row(row, ENDED)
    delete_owned_rows(work_to_forget(kind, row), [row.pk])
    if row.callback_token:
        # Some workflow waits for it, and only the worker can tell it.
        transaction.on_commit(lambda: machine().bell.ring(Sleeper.CALLBACKS))
