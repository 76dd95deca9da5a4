"""The policy: which unit runs when, what a failure means, when to stop trying.

`step(now)` does all of it and never waits; `wait()` blocks until something can have changed. Nothing
polls: between two steps the process sleeps in one `select`.
"""

from __future__ import annotations

import selectors
import signal
from typing import TYPE_CHECKING, Final

from apps.backends.local.supervisor.policy import HEALTHY_SECONDS, Failures
from apps.backends.local.supervisor.readiness import CONFIRM_SECONDS, MISSES_ALLOWED, PINGS_ALLOWED, PROBE_SECONDS
from apps.backends.local.supervisor.states import State
from apps.processes.addresses import is_free, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from apps.backends.local.supervisor.unit import Message, Refusal, Unit

_NEVER: Final = float("inf")
_AT_ONCE_SECONDS: Final = 0.01


class Plan:
    """What the supervisor has in mind with one unit; times are monotonic seconds, `_NEVER` for none."""

    def __init__(self) -> None:
        self.failures = Failures()
        self.was_ready = False
        self.says_ready = False
        self.permanent = False
        self.retry_seconds = 0.0
        self.start_at = _NEVER  # STOPPED or BACKOFF: start (again)
        self.overdue_at = _NEVER  # STARTING: heard nothing for too long
        self.probe_at = _NEVER  # STARTING or READY: look whether it serves
        self.healthy_at = _NEVER  # READY: forget former failures
        self.kill_at = _NEVER  # STOPPING: it had its time
        self.misses = 0
        self.pings = 0  # in this life
        self.unanswered = 0
        self.answers = False  # it has answered a ping

    def next_time(self) -> float:
        return min(self.start_at, self.overdue_at, self.probe_at, self.healthy_at, self.kill_at)

    def clear_times(self) -> None:
        self.start_at = self.overdue_at = self.probe_at = self.healthy_at = self.kill_at = _NEVER
        self.says_ready = self.answers = False
        self.misses = self.pings = self.unanswered = 0


class Supervisor:
    """`on_change` is called after a step in which anything changed that people can see.

    `make_way` gives a unit whose port is taken another one, or says why not.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        *,
        on_change: Callable[[], None],
        journal: Callable[[str], None],
        make_way: Callable[[Unit], Refusal | None],
    ) -> None:
        self.units = tuple(units)
        self.is_stopping = False
        self.plans = {unit.spec.name: Plan() for unit in self.units}
        self._by_name = {unit.spec.name: unit for unit in self.units}
        self._on_change = on_change
        self._journal = journal
        self._make_way = make_way
        self._selector = selectors.DefaultSelector()
        self._changed = True

    def close(self) -> None:
        self._selector.close()

    def watch(self, descriptor: int, on_readable: Callable[[], bool]) -> None:
        """Wake up for this descriptor too (the daemon's signals)."""
        self._selector.register(descriptor, selectors.EVENT_READ, on_readable)

    def stop(self) -> None:
        """Ask for the end; the next steps carry it out."""
        self.is_stopping = True

    @property
    def is_done(self) -> bool:
        return self.is_stopping and not any(unit.is_running for unit in self.units)

    @property
    def has_failed(self) -> bool:
        """Whether a unit without which nothing works has given up before it ever served."""
        return any(
            unit.spec.essential and unit.state is State.FAILED and not self._plan(unit).was_ready for unit in self.units
        )

    @property
    def is_ready(self) -> bool:
        return all(unit.state is State.READY for unit in self.units if unit.spec.essential)

    def wait(self, now: float, at_most: float = _NEVER) -> None:
        """Sleep until a unit says or prints something, a signal comes, something falls due, or `at_most` seconds."""
        due = min((plan.next_time() for plan in self.plans.values()), default=_NEVER)
        seconds = min(due - now, at_most)
        self._selector.select(None if seconds == _NEVER else max(0.0, seconds))

    def step(self, now: float) -> None:
        """Take in what has happened and act on it."""
        self._listen()
        for unit in self.units:
            for message in unit.messages():
                self._hear(unit, message, now)
            if unit.has_ended():
                self._ended(unit, now)
        if self.has_failed:
            self.stop()
        for unit in self.units:
            self._act(unit, now)
        if self._changed:
            self._changed = False
            self._on_change()

    def _plan(self, unit: Unit) -> Plan:
        return self.plans[unit.spec.name]

    def _listen(self) -> None:
        for key, _ in self._selector.select(0):
            if not key.data():
                self._selector.unregister(key.fd)

    # What happened

    def _hear(self, unit: Unit, message: Message, now: float) -> None:
        plan = self._plan(unit)
        if message.pong:
            plan.answers, plan.unanswered = True, 0
            return
        self._changed = True
        if message.stage:
            unit.stage = message.stage
        if message.failed:
            unit.reason, unit.hint = message.failed, message.hint
            plan.permanent, plan.retry_seconds = message.permanent, message.retry_seconds
            if unit.state in {State.STARTING, State.READY}:
                self._expect_end(unit, now)  # it is ending by itself: no signal, only a deadline
        elif unit.state is State.STARTING:
            plan.overdue_at = now + unit.spec.start_seconds
            if message.ready:
                plan.says_ready = True
                plan.probe_at = now

    def _ended(self, unit: Unit, now: float) -> None:
        self._forget_sources(unit)
        how = unit.clear()
        for message in unit.messages():  # its last words may have come with its end
            self._hear(unit, message, now)
        unit.release()
        plan = self._plan(unit)
        plan.clear_times()
        if self.is_stopping:
            if unit.state is not State.STOPPING:  # it died before its turn came
                self._move(unit, State.STOPPING)
            self._move(unit, State.STOPPED)
            return
        if not plan.was_ready and self._is_taken(unit):
            # Somebody took its port between our look and its own try. Started again at once, it is given another.
            plan.permanent, plan.retry_seconds = False, _AT_ONCE_SECONDS
        self._failed(unit, unit.reason or how, now)

    def _failed(self, unit: Unit, reason: str, now: float) -> None:
        plan = self._plan(unit)
        unit.reason, unit.stage = reason, ""
        delay = None if plan.permanent else plan.retry_seconds or plan.failures.add(now)
        if delay is None:
            if not plan.permanent:
                unit.reason = f"{reason} ({len(plan.failures)} failures in a row, no more attempts)"
            self._move(unit, State.FAILED)
        else:
            plan.start_at = now + delay
            self._move(unit, State.BACKOFF)

    # What to do

    def _act(self, unit: Unit, now: float) -> None:
        if self.is_stopping and unit.state in {State.STARTING, State.READY, State.BACKOFF}:
            self._wind_down(unit, now)
        elif unit.state is State.STOPPED:
            self._await_turn(unit, now)
        elif unit.state is State.BACKOFF and now >= self._plan(unit).start_at:
            self._start(unit, now)
        elif unit.state is State.STARTING:
            self._watch_start(unit, now)
        elif unit.state is State.READY:
            self._watch_service(unit, now)
        elif unit.state is State.STOPPING and now >= self._plan(unit).kill_at:
            self._journal(f"{unit.spec.name}: still there after {unit.spec.stop_seconds:.0f} s, killed")
            self._plan(unit).kill_at = _NEVER
            unit.signal(signal.SIGKILL)

    def _await_turn(self, unit: Unit, now: float) -> None:
        plan = self._plan(unit)
        if self.is_stopping or any(self._by_name[name].state is not State.READY for name in unit.spec.after):
            plan.start_at = _NEVER
            return
        plan.start_at = min(plan.start_at, now + unit.spec.delay_seconds)
        if now >= plan.start_at:
            self._start(unit, now)

    def _start(self, unit: Unit, now: float) -> None:
        plan = self._plan(unit)
        plan.clear_times()
        plan.permanent, plan.retry_seconds = False, 0.0
        if self._is_taken(unit) and (refusal := self._make_way(unit)):
            unit.hint, plan.permanent = refusal.hint, not refusal.is_passing
            self._failed(unit, refusal.sentence, now)
            return
        try:
            unit.start()
        except OSError as error:
            self._failed(unit, f"it cannot be started: {error}", now)
            return
        for descriptor, on_readable in unit.sources:
            self._selector.register(descriptor, selectors.EVENT_READ, on_readable)
        plan.overdue_at = now + unit.spec.start_seconds
        self._move(unit, State.STARTING)

    def _is_taken(self, unit: Unit) -> bool:
        return bool(unit.spec.address) and not is_free(parse_address(unit.spec.address))

    def _watch_start(self, unit: Unit, now: float) -> None:
        plan = self._plan(unit)
        if plan.says_ready and now >= plan.probe_at:
            plan.probe_at = now + CONFIRM_SECONDS
            if unit.serves():
                self._serves_now(unit, now)
                return
        if now >= plan.overdue_at:
            doing = f" (last heard: {unit.stage})" if unit.stage else ""
            self._give_up_on(unit, f"it was not ready after {unit.spec.start_seconds:.0f} s{doing}", now)

    def _serves_now(self, unit: Unit, now: float) -> None:
        plan = self._plan(unit)
        plan.clear_times()
        plan.was_ready = True
        plan.healthy_at = now + HEALTHY_SECONDS
        plan.probe_at = now + PROBE_SECONDS
        self._ping(unit)
        unit.stage = ""
        self._move(unit, State.READY)

    def _watch_service(self, unit: Unit, now: float) -> None:
        plan = self._plan(unit)
        if now >= plan.healthy_at:
            plan.healthy_at = _NEVER
            plan.failures.forget()
        if now >= plan.probe_at:
            plan.probe_at = now + PROBE_SECONDS
            plan.misses = 0 if unit.serves() else plan.misses + 1
            if plan.misses > MISSES_ALLOWED:
                self._give_up_on(unit, f"it no longer accepts connections on {unit.spec.address}", now)
            elif plan.answers and plan.unanswered >= PINGS_ALLOWED:
                self._give_up_on(unit, f"it hangs: no answer for {PINGS_ALLOWED * PROBE_SECONDS:.0f} s", now)
            else:
                self._ping(unit)

    def _ping(self, unit: Unit) -> None:
        plan = self._plan(unit)
        plan.pings += 1
        plan.unanswered += 1
        unit.ping(plan.pings)

    def _give_up_on(self, unit: Unit, reason: str, now: float) -> None:
        """It lives and is of no use: end it, and treat that as a failure."""
        unit.reason = reason
        self._expect_end(unit, now)
        unit.signal(signal.SIGTERM)

    def _expect_end(self, unit: Unit, now: float) -> None:
        plan = self._plan(unit)
        plan.clear_times()
        plan.kill_at = now + unit.spec.stop_seconds
        self._move(unit, State.STOPPING)

    def _wind_down(self, unit: Unit, now: float) -> None:
        """Stop a unit, once none of those that use it runs."""
        if any(unit.spec.name in other.spec.uses and other.is_running for other in self.units):
            return
        plan = self._plan(unit)
        if unit.state is State.BACKOFF:
            plan.clear_times()
            self._move(unit, State.STOPPED)
            return
        self._expect_end(unit, now)
        unit.signal(signal.SIGTERM)

    def _move(self, unit: Unit, new: State) -> None:
        old = unit.state
        unit.move(new)
        self._changed = True
        detail = f" (pid {unit.pid})" if new is State.STARTING else f": {unit.reason}" if unit.reason else ""
        self._journal(f"{unit.spec.name}: {old.value} -> {new.value}{detail}")

    def _forget_sources(self, unit: Unit) -> None:
        for descriptor, _ in unit.sources:
            if descriptor in self._selector.get_map():
                self._selector.unregister(descriptor)
