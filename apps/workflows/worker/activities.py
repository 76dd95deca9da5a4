"""The half with effects: what performs the effects of a workflow, each safe to be repeated."""

from __future__ import annotations

import contextvars
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any, Final, TypeAlias

from django.db import OperationalError, close_old_connections
from temporalio import activity
from temporalio.exceptions import ApplicationError

from apps.resources.run_errors import LeaseLost
from apps.workflows.calls import CallAborted, CallFailed
from apps.workflows.effects import EFFECTS, AnyEffect
from apps.workflows.effects.base import (
    BROKEN,
    CANCELLED,
    REFUSED,
    UNKNOWN,
    WAITING,
    Act,
    Arrival,
    Call,
    Desk,
    Errand,
    Foreign,
    Reply,
    Wait,
)
from apps.workflows.secrets import UnknownSecret
from apps.workflows.worker import ledger
from apps.workflows.worker.contracts import CANCELLING, NOBODY, RUN_GONE
from apps.workflows.worker.ledger import Begun
from apps.workflows.worker.process_state import Host

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 5.0
MOST_ATTEMPTS: Final = 3
"""Of an activity that raises what it should not: another may do, a hundred will not."""
KEPT: Final = {"is_kept": True}
AnyCall: TypeAlias = Call[Any]  # Any: of whichever effect
AnyAct: TypeAlias = Act[AnyCall, Reply]
AnyErrand: TypeAlias = Errand[AnyCall, Reply]
AnyForeign: TypeAlias = Foreign[AnyCall, Reply]
AnyWait: TypeAlias = Wait[AnyCall, Arrival]


class Activities:
    """The activities of one worker process: two of ours, and one or two for each row of the table of effects."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def prepare(self) -> None:
        """Load what the first calls need, while the unit waits for others."""
        for effect in EFFECTS:
            effect.prepare()

    def release(self) -> None:
        for effect in EFFECTS:
            effect.release()

    @property
    def all(self) -> list[Callable[..., Any]]:  # Any: what Temporal registers
        errands = [effect for effect in EFFECTS if isinstance(effect, Errand)]
        waits = [effect for effect in EFFECTS if isinstance(effect, Wait)]
        foreign = [effect for effect in EFFECTS if isinstance(effect, Foreign)]
        others = [*map(self._cancelling, errands), *map(self._giving_back, waits), *map(self._keeping, foreign)]
        return [*map(self._performing, EFFECTS), *others, self.pause, self.race_winner, self.keep_race_winner]

    @activity.defn(name="pause")
    def pause(self, execution_id: str) -> int:
        """Nothing, between many tasks that only compute. Answers the turn of pausing, or that it is being cancelled."""
        return CANCELLING if execution_id in self.host.cancelling else self.host.pause_turns.get(execution_id, 0)

    @activity.defn(name="race_winner")
    def race_winner(self, execution_id: str, path: str) -> int:
        """The number of the branch that has won a race, NOBODY before."""
        with _guarded():
            begun = ledger.look_up(execution_id, winner_path(path), 1)
        return int(begun.result) if begun.has_ended else NOBODY

    @activity.defn(name="keep_race_winner")
    def keep_race_winner(self, execution_id: str, path: str, number: int) -> int:
        """Keep it, unless another one is kept already; which it is."""

        def keep() -> int:
            begun = ledger.find(execution_id, winner_path(path), 1)
            if not begun.has_ended:
                ledger.keep(execution_id, winner_path(path), 1, number)
            return int(begun.result) if begun.has_ended else number

        with _guarded():
            return self.host.committer.call(keep)

    def _performing(self, effect: AnyEffect) -> Callable[..., Any]:
        def perform(call: AnyCall) -> Reply:
            reply: Reply | None
            with _guarded():
                match effect:
                    case Errand():
                        reply = self._run_errand(effect, call)
                    case Wait():
                        reply = self._look(effect, call)
                    case Foreign():
                        reply = self._note(effect, call)
                    case Act():
                        reply = self._act(effect, call)
            if reply is None:
                activity.raise_complete_async()
            return replace(reply, pause_turn=self.host.pause_turns.get(call.execution_id, 0))

        return _activity(perform, effect.activity, {"call": effect.call, "return": effect.reply})

    def _cancelling(self, effect: AnyErrand) -> Callable[..., Any]:
        def cancel(call: AnyCall) -> None:
            with _guarded():
                effect.cancel(call)

        return _activity(cancel, effect.cancel_activity, {"call": effect.call, "return": None})

    def _giving_back(self, effect: AnyWait) -> Callable[..., Any]:
        def give_back(call: AnyCall) -> None:
            def write() -> None:
                ledger.drop(call.execution_id, call.path, call.attempt)
                effect.give_back(call)

            with _guarded():
                self.host.committer.call(write)

        return _activity(give_back, effect.give_back_activity, {"call": effect.call, "return": None})

    def _note(self, effect: AnyForeign, call: AnyCall) -> Reply:
        """Note that somebody else is about to be asked. Again in the same history, nobody was asked yet."""
        if self.host.secrets_of(call.execution_id).are_in(asdict(call)):
            return effect.reply(reason=REFUSED, detail="a secret cannot be part of it: others would read it")
        recorder, step = self.host.recorders.get(call.execution_id), (call.execution_id, call.path, call.attempt)
        write = recorder.take() if recorder else None
        history = activity.info().workflow_run_id

        def begin() -> Begun:
            if write:
                write()
            return ledger.begin(*step, {"history": history})

        begun = self.host.committer.call(begin)
        if begun.has_ended:
            return effect.reply(**begun.result | KEPT)
        if begun.is_repeat and not begun.is_same_request:
            return effect.reply(reason=UNKNOWN, detail="an earlier try was cut off", **KEPT)
        return effect.reply(reason=WAITING)

    def _keeping(self, effect: AnyForeign) -> Callable[..., Any]:
        def keep(call: AnyCall, reply: Reply) -> Reply:
            with _guarded():
                closed = reply.closed(self.host.secrets_of(call.execution_id))
                step = call.execution_id, call.path, call.attempt
                self.host.committer.call(lambda: ledger.end(*step, asdict(closed)))
            return closed

        return _activity(
            keep, effect.keep_activity, {"call": effect.call, "reply": effect.reply, "return": effect.reply}
        )

    def _look(self, effect: AnyWait, call: AnyCall) -> Reply:
        """Whether all has come that a task waits for. What it takes and what the ledger keeps is one transaction."""
        recorder, step = self.host.recorders.get(call.execution_id), (call.execution_id, call.path, call.attempt)
        secrets, desk = self.host.secrets_of(call.execution_id), self._desk(call)
        write = recorder.take() if recorder else None

        def look() -> Arrival:
            if write:
                write()
            begun = ledger.find(*step)
            if begun.has_ended:
                return effect.reply(**begun.result | KEPT)
            if self.host.calls.is_cut(call):  # what it took now would be given back before
                return effect.reply(reason=CANCELLED)
            reply = effect.look(call, desk).closed(secrets)
            if reply.reason != WAITING:
                ledger.keep(*step, asdict(reply))
            return reply

        return self.host.committer.call(look)

    def _run_errand(self, effect: AnyErrand, call: AnyCall) -> Reply | None:
        """Send for it, or find what was sent for before, which answers through the task token.

        What a run answered for the one that this one retries stands in the ledger.
        """
        if call.execution_id not in self.host.fresh:
            begun = ledger.look_up(call.execution_id, call.path, call.attempt)
            if begun.has_ended:
                return effect.reply(**begun.result | KEPT)
        reply = effect.perform(call, self._desk(call))
        return reply.closed(self.host.secrets_of(call.execution_id)) if reply else None

    def _act(self, effect: AnyAct, call: AnyCall) -> Reply:
        """Act unless that was done before; then answer what it came to."""
        begun = self._begin(call)
        if begun.has_ended:
            return effect.reply(**begun.result | KEPT)
        if begun.is_repeat and not call.is_repeatable:
            return effect.reply(reason=UNKNOWN, detail="an earlier try was cut off", **KEPT)
        try:
            reply = effect.perform(call, self._desk(call))
        except CallAborted:
            return effect.reply(reason=CANCELLED, detail="the run was cancelled")
        except UnknownSecret as error:
            reply = effect.reply(reason=REFUSED, detail=str(error))
        except CallFailed as failure:
            reply = effect.reply(reason=failure.reason, detail=str(failure))
        reply = reply.closed(call.told(self.host.secrets_of(call.execution_id)))
        self._end(call, reply)
        return reply

    def _begin(self, call: AnyCall) -> Begun:
        """Look the step up, and note it before it acts; a call that only reads needs no note."""
        step = call.execution_id, call.path, call.attempt
        recorder = self.host.recorders.get(call.execution_id)
        if call.only_reads:
            if recorder:
                recorder.flush()
            return Begun() if call.execution_id in self.host.fresh else ledger.look_up(*step)
        write = recorder.take() if recorder else None

        def begin() -> Begun:
            if write:
                write()
            return ledger.begin(*step, asdict(call))

        return self.host.committer.call(begin)

    def _end(self, call: AnyCall, reply: Reply) -> None:
        """Keep the answer. Not waited for: it stands in line before whatever the run does next.

        Who dies before it is written is told of an outcome that is unknown, which is true.
        """
        recorder = self.host.recorders.get(call.execution_id)
        if call.only_reads and recorder:
            recorder.keep(call, reply)
            return
        step = call.execution_id, call.path, call.attempt
        self.host.committer.submit(lambda: ledger.end(*step, asdict(reply)))

    def _desk(self, call: AnyCall) -> Desk:
        return Desk(
            secrets=self.host.secrets_of(call.execution_id),
            watch=lambda abort: self.host.calls.under_way(call, abort),
            task_token=activity.info().task_token,
            reach=self.host.reach,
        )


def winner_path(path: str) -> str:
    """Under which a race has its winner in the ledger: as something inside of it, and no task has this path."""
    return f"{path}/~winner"


def _activity(run: Callable[..., Any], name: str, hints: dict[str, Any]) -> Callable[..., Any]:
    """`run` as an activity; the hints tell Temporal what to read its argument as.

    Cancelling raises nothing in its thread, at whatever line that stands: its call is cut (`Calls`), and it answers.
    """
    run.__annotations__ = hints
    return activity.defn(name=name, no_thread_cancel_exception=True)(run)


@contextmanager
def _guarded() -> Iterator[None]:
    """Database connections of this thread in order, heartbeats while it works, and the end of a run told apart."""
    close_old_connections()
    try:
        with _heartbeats():
            yield
    except LeaseLost as error:
        raise ApplicationError(str(error), type=RUN_GONE, non_retryable=True) from None
    except OperationalError:
        raise  # the database is away for a moment: nothing has been done, and it is tried until it is there
    except Exception as error:
        raise _unexpected(error) from None
    finally:
        close_old_connections()


def _unexpected(error: Exception) -> ApplicationError:
    """What nobody thought of, which fails the task once it has been tried often enough.

    Its text is left out, and of the log, too: others wrote it, who may quote secrets.
    """
    info, name = activity.info(), type(error).__name__
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.error("execution %s: %s raised %s\n%s", info.workflow_id, info.activity_type, name, where)
    sentence = f"it failed unexpectedly ({name}); `stigmer server logs -c worker` says where"
    return ApplicationError(sentence, type=BROKEN, non_retryable=info.attempt >= MOST_ATTEMPTS)


@contextmanager
def _heartbeats() -> Iterator[None]:
    """Heartbeat from another thread. Local activities need none."""
    if activity.info().is_local:
        yield
        return
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            activity.heartbeat()

    thread = threading.Thread(target=contextvars.copy_context().run, args=[beat], daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
