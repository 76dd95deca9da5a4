"""A conversation with an agent: what one person says, turn by turn, in one session."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from apps.backends.base import Conflict
from apps.backends.runs import Phase
from cli.exits import Exit
from cli.output import RED, Format, paint
from cli.runs.job import create_when_possible
from cli.runs.runtime_env import check_text
from cli.runs.start import Wish, create_run
from cli.runs.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.base import Backend
    from apps.backends.config import Config
    from apps.backends.targets import Target
    from cli.output import Console

PROMPT = "> "
STOPPED = "stopped by who talks to it"


class Conversation:
    """`wish` is how each turn is run; its session, once there is one, is in `session_id`."""

    def __init__(
        self, console: Console, config: Config, backend: Backend, target: Target, wish: Wish, organization: str
    ) -> None:
        self.console, self.config, self.backend = console, config, backend
        self.target, self.wish, self.organization = target, wish, organization
        self.session_id = wish.session_id
        self.has_begun = self.has_failed = False
        """Whether a turn, the last or another one, got no answer."""

    def hold(self) -> None:
        """Until there is nothing more to say."""
        for message in self._messages():
            self._say(message)

    def _say(self, message: str) -> None:
        """One turn: shown while it is answered. Ctrl-C stops the answer."""
        wish = replace(self.wish, message=message, session_id=self.session_id)
        run = create_when_possible(
            self.console, self.config, lambda: create_run(self.backend, self.target, wish, self.organization)
        )
        self.session_id, self.has_begun = run.message.spec.session_id, True
        execution_id = run.message.metadata.id
        watch = Watch(self.console, self.config, self.backend, execution_id, Format.TABLE)
        try:
            watch.follow()
        except KeyboardInterrupt:
            self._stop(execution_id, watch)
            return
        finally:
            watch.screen.still()
        watch.screen.gap()
        if watch.view.phase is not Phase.COMPLETED:
            self.has_failed = True
            said = watch.view.error or "there is no answer"
            self.console.print(f"{paint('error:', RED, sys.stderr)} {said}")

    def _stop(self, execution_id: str, watch: Watch) -> None:
        """End the run under way. In a pipe nobody can go on from there."""
        with suppress(Conflict):  # it may just have ended
            self.backend.cancel_run(execution_id, STOPPED)
        watch.screen.last_words("Stopped.")
        if not self.console.may_ask:
            raise click.exceptions.Exit(Exit.INTERRUPTED)

    def _messages(self) -> Iterator[str]:
        """Typed at a prompt, or one a line of standard input."""
        if not self.console.may_ask:
            for number, line in enumerate(sys.stdin, 1):
                check_text(line, f"line {number} of standard input")
                if line.strip():
                    yield line.strip()
            return
        while (message := self._typed()) is not None:
            if message.strip():
                yield message.strip()

    def _typed(self) -> str | None:
        """The next line; None after Ctrl-D."""
        try:
            if sys.stdout.isatty():
                import readline  # noqa: F401 - lines can be edited, and come back by the arrow keys

                return input(PROMPT)
            sys.stderr.write(PROMPT)
            sys.stderr.flush()
            line = sys.stdin.readline()
        except EOFError:
            line = ""
        except KeyboardInterrupt:
            self.console.print("\nCtrl-D ends the conversation.")
            return ""
        if not line:
            self.console.print()
        return line or None
