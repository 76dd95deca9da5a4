"""What a person sees while the local server starts or stops."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from cli.output import CLEAR_LINE, DIM, Console, columns, fit, is_terminal, one_line, paint

if TYPE_CHECKING:
    from types import TracebackType

    from apps.backends.local.running import Progress
    from cli.model_line import ModelLine


class StartProgress:
    """Called with each piece of news: one line that is redrawn on a terminal, plain lines elsewhere.

    Used in a `with`: entering says that the daemon starts, leaving without an error that it has.
    """

    def __init__(
        self,
        console: Console,
        *,
        begin: str = "Starting local backend daemon (may take a moment on first run)",
        end: str = "Daemon started",
        model: ModelLine | None = None,
    ) -> None:
        self.console = console
        self.begin, self.end = begin, end
        self.model = model
        self.live = is_terminal(sys.stderr) and not console.quiet
        self.shown = ""

    def __enter__(self) -> Self:
        self.console.print(self.begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._print_model()
        if self.live and self.shown:
            sys.stderr.write(CLEAR_LINE)
        if error is None:
            self.console.done(self.end)

    def __call__(self, news: Progress) -> None:
        """Show `news` unless it says what is shown already; a note stays on the screen."""
        self._print_model()
        if news.note:
            self._print_note(news.note)
            return
        text = sentence(news)
        if text == self.shown:
            return
        self.shown = text
        if self.live:
            line = fit(one_line(f"  {text}"), columns() - 1).rstrip()
            sys.stderr.write(CLEAR_LINE + paint(line, DIM, sys.stderr))
            sys.stderr.flush()
        else:
            self.console.print(f"  {text}")

    def _print_model(self) -> None:
        """Which model will answer, once that is known."""
        if self.model and (line := self.model.take()):
            self._print_note(line)

    def _print_note(self, line: str) -> None:
        """A line that stays, above the one that moves."""
        if self.live:
            sys.stderr.write(CLEAR_LINE)
        self.shown = ""
        self.console.print(line)


def sentence(news: Progress) -> str:
    """`api: migrating the database`, `web: backoff (port 8234 is taken)`."""
    what = news.stage or news.state.lower()
    return f"{news.component}: {what} ({news.reason})" if news.reason else f"{news.component}: {what}"
