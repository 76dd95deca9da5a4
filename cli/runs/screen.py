"""Two streams that may be one terminal: what a run says goes to stdout, what is told about it to stderr.

On a terminal one line at the bottom moves: it is cleared before anything else is written, and stays
away while a line of text on stdout is still open. Where both streams are that terminal, an empty line
stands between what is said and what is told.
"""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

from apps.yaml_text.hidden import visible
from cli.output import CLEAR_LINE, DIM, fit, is_terminal, one_line, paint
from cli.runs.wrapping import WordWrap

if TYPE_CHECKING:
    from cli.output import Console

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAMES_A_SECOND = 10.0


class Screen:
    """`shows_text` is false where stdout is for the result alone."""

    def __init__(self, console: Console, *, shows_text: bool = True) -> None:
        self.console = console
        self.shows_text = shows_text
        self.live = is_terminal(sys.stderr) and not console.quiet
        self._is_on_terminal = is_terminal(sys.stdout)
        self._is_shared = self.live and self._is_on_terminal
        self._wrap = WordWrap()
        self._is_mid_line = False
        self._moving = False
        # What is above the next line that is told: text or not, and whether there is an empty line already.
        self._is_below_text = False
        self._is_below_gap = True
        self._text_end = ""
        self._held = ""

    @property
    def columns(self) -> int:
        """How wide the terminal is."""
        return shutil.get_terminal_size().columns

    def text(self, text: str) -> None:
        """Part of what an agent says, on stdout: at once on a terminal; in a pipe once it cannot be taken back."""
        if not (text and self.shows_text):
            return
        if not self._is_on_terminal:
            self._held += text
            return
        self.still()
        if self._is_shared and not self._is_below_text:
            self.gap()
        # Made visible before the lines are broken, which counts columns.
        self._write(self._wrap.feed(visible(text), self.columns))
        sys.stdout.flush()

    def end_text(self) -> None:
        """End the text that is open, if one is: it stays."""
        self._write(self._wrap.end(self.columns) + self._held)
        self._wrap, self._held = WordWrap(), ""
        if self._is_mid_line:
            self._write("\n")
        sys.stdout.flush()

    def drop_text(self) -> None:
        """The text that is open was taken back: a pipe never gets it, on a terminal it ends where it is."""
        self._held = ""
        self.end_text()

    def note(self, line: str) -> None:
        """A line about the run, on stderr."""
        self.still()
        if self._is_on_terminal:
            self.end_text()
        if self._is_below_text:
            self.gap()
        self.console.print(line)
        self._is_below_text = self._is_below_gap = False

    def gap(self) -> None:
        """An empty line on stderr, unless there is one."""
        self.still()
        if self._is_on_terminal:
            self.end_text()
        if not self._is_below_gap:
            self.console.print()
        self._is_below_gap = True

    def last_words(self, lines: str) -> None:
        """What is told when nothing more will be."""
        self.still()
        self.end_text()
        self.gap()
        self.console.print(lines)

    def _write(self, text: str) -> None:
        if not text:
            return
        sys.stdout.write(text)
        self._is_mid_line = not text.endswith("\n")
        self._text_end = (self._text_end + text)[-2:]
        if self._is_shared:
            self._is_below_text, self._is_below_gap = True, self._text_end == "\n\n"

    def moving(self, text: str) -> None:
        """What goes on right now: one line that is redrawn, on a terminal only."""
        if not self.live or (self._is_mid_line and self._is_on_terminal):
            return
        frame = SPINNER[int(time.monotonic() * FRAMES_A_SECOND) % len(SPINNER)]
        line = fit(one_line(f"{frame} {text}"), self.columns - 1).rstrip()
        sys.stderr.write(CLEAR_LINE + paint(line, DIM, sys.stderr))
        sys.stderr.flush()
        self._moving = True

    def still(self) -> None:
        """Take the moving line away."""
        if self._moving:
            sys.stderr.write(CLEAR_LINE)
            sys.stderr.flush()
            self._moving = False
