"""Two streams that may be one terminal: what a run says goes to stdout, what is told about it to stderr.

On a terminal one line at the bottom moves: it is cleared before anything else is written, and stays
away while a line of text on stdout is still open.
"""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

from cli.output import DIM, fit, is_terminal, one_line, paint
from cli.output import tell as tell_line

if TYPE_CHECKING:
    from cli.output import Console

CLEAR = "\r\x1b[2K"
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAMES_A_SECOND = 10.0


class Screen:
    """`shows_text` is false where stdout is for the result alone."""

    def __init__(self, console: Console, *, shows_text: bool = True) -> None:
        self.console = console
        self.shows_text = shows_text
        self.live = is_terminal(sys.stderr) and not console.quiet
        self._is_on_terminal = is_terminal(sys.stdout)
        self._is_mid_line = False
        self._moving = False

    def text(self, text: str) -> None:
        """Part of what an agent says, on stdout, at once."""
        if not (text and self.shows_text):
            return
        self.still()
        # A model must not be able to move the cursor of whoever reads it.
        sys.stdout.write(harmless(text) if self._is_on_terminal else text)
        sys.stdout.flush()
        self._is_mid_line = not text.endswith("\n")

    def end_text(self) -> None:
        """End the line of text that is open, if one is."""
        if self._is_mid_line:
            sys.stdout.write("\n")
            self._is_mid_line = False

    def note(self, line: str) -> None:
        """A line about the run, on stderr."""
        self.still()
        if self._is_on_terminal:
            self.end_text()
        self.console.say(line)

    def warn(self, line: str) -> None:
        """A line that is not left out with --quiet."""
        self.still()
        if self._is_on_terminal:
            self.end_text()
        self.console.warn(line)

    def hint(self, line: str) -> None:
        """Words at the end that must not be missed."""
        self.still()
        self.end_text()
        tell_line(line)

    def moving(self, text: str) -> None:
        """What goes on right now: one line that is redrawn, on a terminal only."""
        if not self.live or (self._is_mid_line and self._is_on_terminal):
            return
        frame = SPINNER[int(time.monotonic() * FRAMES_A_SECOND) % len(SPINNER)]
        line = fit(one_line(f"{frame} {text}"), shutil.get_terminal_size().columns - 1).rstrip()
        sys.stderr.write(CLEAR + paint(line, DIM, sys.stderr))
        sys.stderr.flush()
        self._moving = True

    def still(self) -> None:
        """Take the moving line away."""
        if self._moving:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
            self._moving = False


def harmless(text: str) -> str:
    """`text` with its lines and tabs, and without any other control character."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else "" for char in text)
