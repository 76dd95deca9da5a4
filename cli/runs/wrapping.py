"""Text that streams onto a terminal, with its lines broken between words."""

from __future__ import annotations

from cli.output import cell_width

FENCE = "```"


class WordWrap:
    """Takes text as it comes and answers what to write of it; a word that has not ended is held back.

    Code between fences is left as it is: whoever copies it wants its own lines.
    """

    def __init__(self) -> None:
        self._gap = self._word = self._line = ""
        self._column = 0
        self._in_code = False

    def feed(self, text: str, columns: int) -> str:
        """What can be written now, for a terminal of so many columns."""
        return "".join(self._take(char, columns) for char in text)

    def end(self, columns: int) -> str:
        """What was held back."""
        rest = self._placed_word(columns)
        self._gap = ""
        return rest

    def _take(self, char: str, columns: int) -> str:
        if char == "\n":
            return self._ended_line(columns)
        self._line += char
        if self._in_code:
            return char
        if char.isspace():
            placed = self._placed_word(columns)
            self._gap += char
            return placed
        self._word += char
        is_whole = cell_width(char) > 1 or cell_width(self._word) >= columns  # scripts without spaces break anywhere
        return self._placed_word(columns) if is_whole else ""

    def _ended_line(self, columns: int) -> str:
        placed = self._placed_word(columns)
        if self._line.lstrip().startswith(FENCE):
            self._in_code = not self._in_code
        self._gap = self._line = ""
        self._column = 0
        return f"{placed}\n"

    def _placed_word(self, columns: int) -> str:
        if not self._word:
            return ""
        width, gap = cell_width(self._word), cell_width(self._gap)
        breaks = self._column > 0 and self._column + gap + width > columns
        placed = f"\n{self._word}" if breaks else self._gap + self._word
        self._column = width if breaks else self._column + gap + width
        self._gap = self._word = ""
        return placed
