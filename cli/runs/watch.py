"""Watching a run to its end, and what the command line makes of that end."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import click

from apps.backends.follower import Back, Follower, Lost, reconnector
from apps.backends.resource import Resource
from apps.backends.run_kinds import kind_of_run
from apps.backends.runs import Phase, RunEvent
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Format, structured
from cli.runs.screen import Screen
from cli.runs.view import View
from cli.termination import termination_interrupts

if TYPE_CHECKING:
    from apps.backends.base import Backend
    from apps.backends.config import Config
    from cli.output import Console

TICK_SECONDS = 0.1
# A runner that is up takes a run within some tens of milliseconds.
WAIT_IN_SILENCE_SECONDS = 0.7
LOOK_AT_UNITS_SECONDS = 0.5

COMPONENT_FAILED = "stigmer.local.component_failed"


class Watch:
    """One run, watched from a command line. `output` is Format.TABLE for people, else what to print at the end."""

    def __init__(self, console: Console, config: Config, backend: Backend, execution_id: str, output: Format) -> None:
        self.console = console
        self.config = config
        self.execution_id = execution_id
        self.output = output
        self.screen = Screen(console, shows_text=output is Format.TABLE)
        self.view = View(self.screen)
        self.follower = Follower(backend, execution_id, reconnector(config))
        self._looked_at = 0.0
        self._since = time.monotonic()

    def run(self) -> None:
        """Show the run until it has ended.

        Raises a CliError unless it ended well; Exit 130 after Ctrl-C, and where this process is told to end.
        """
        try:
            with termination_interrupts():
                self.follow()
        except KeyboardInterrupt:
            self.detach()
            raise click.exceptions.Exit(Exit.INTERRUPTED) from None
        finally:
            self.screen.still()
        self.print_result()
        conclude(self.execution_id, self.view.phase, self.view.error, has_done_something=self.view.has_done_something)

    def follow(self) -> None:
        """Show the run until it has ended, however that is."""
        for item in self.follower.events(tick_seconds=TICK_SECONDS):
            if isinstance(item, RunEvent):
                self.view.show(item)
            elif isinstance(item, Lost):
                self.view.waiting(item.why)
            elif isinstance(item, Back):
                self.view.waiting("")
            if self.view.phase is Phase.PENDING:
                self._print_what_is_missing()
            self.view.tick()
        self.view.finish()

    def _print_what_is_missing(self) -> None:
        """A run that nobody takes: tell which unit is not up. Raises when that unit has given up."""
        now = time.monotonic()
        if now - self._since < WAIT_IN_SILENCE_SECONDS or now - self._looked_at < LOOK_AT_UNITS_SECONDS:
            return
        self._looked_at = now
        from cli.runs.units import missing_unit

        missing = missing_unit(self.config, kind_of_run(self.execution_id))
        if missing.has_failed:
            raise CliError(
                f"{missing.sentence}; the run stays pending until that is mended",
                hint=missing.hint,
                reason=COMPONENT_FAILED,
                details=[f"stigmer executions follow {self.execution_id}    watch it when it goes on"],
            )
        self.view.waiting(f"Waiting for {missing.sentence}")

    def detach(self) -> None:
        """Ctrl-C: the run goes on without us. A second one ends this process at once."""
        signal.signal(signal.SIGINT, lambda *_: os._exit(Exit.INTERRUPTED))
        self.screen.last_words(
            "Detached; the run goes on.\n"
            f"  stigmer executions follow {self.execution_id}    watch it again\n"
            f"  stigmer executions cancel {self.execution_id}    end it"
        )

    def print_result(self) -> None:
        """The last words, and on stdout what the format asks for."""
        view = self.view
        self.screen.gap()
        if view.phase is Phase.COMPLETED:
            self.console.done(f"Completed{f' in {view.summary}' if view.summary else ''}")
        if self.output is Format.NAME:
            self.console.data(self.execution_id)
        elif self.output is not Format.TABLE:
            print_record(self.console, self.follower.backend, self.execution_id, self.output)
        elif view.output is not None:
            self.console.data(structured(view.output, Format.JSON))


def print_record(console: Console, backend: Backend, execution_id: str, output: Format) -> None:
    """The whole run, as JSON or YAML."""
    envelope = backend.get(kind_of_run(execution_id), resource_id=execution_id)
    console.data(structured(Resource.of(envelope).record(), output))


def conclude(execution_id: str, phase: Phase, error: str, *, has_done_something: bool) -> None:
    """Raise what the end of a run means for the exit code; nothing when it ended well.

    The log of a run that did nothing would only repeat the error.
    """
    if phase is Phase.FAILED:
        hint = f"stigmer logs {execution_id}" if has_done_something else ""
        go_on = f"stigmer executions retry {execution_id}    go on from the task that failed"
        details = [go_on] if has_done_something and kind_of_run(execution_id) == "WorkflowExecution" else []
        raise CliError(error or "the run failed", hint=hint, details=details, is_result=True)
    if phase is Phase.CANCELLED:
        words = error if error.startswith("cancelled") else "cancelled"
        raise CliError(words, exit=Exit.CANCELLED, is_result=True)
