"""Thoughts that hosts put into the answer itself, between tags."""

from __future__ import annotations

import enum
import re

OPEN, CLOSE = "<think>", "</think>"
_CLOSED = re.compile(rf"{CLOSE}[ \t]*\n")


class _Where(enum.Enum):
    BEFORE = enum.auto()
    THOUGHTS = enum.auto()
    AFTER = enum.auto()
    ANSWER = enum.auto()


class ThoughtTags:
    """Takes thoughts out of the beginning of an answer that comes in pieces, however it is cut."""

    def __init__(self) -> None:
        self._where, self._held = _Where.BEFORE, ""

    def feed(self, text: str) -> tuple[str, str]:
        """The thoughts in a piece, and what is said; what may be the beginning of a tag waits for the next."""
        text, self._held = self._held + text, ""
        thoughts = ""
        if self._where is _Where.BEFORE:
            begun = text.lstrip()
            if begun.startswith(OPEN):
                self._where, text = _Where.THOUGHTS, begun[len(OPEN) :]
            elif OPEN.startswith(begun):
                self._held = text
                return "", ""
            else:
                self._where = _Where.ANSWER
        if self._where is _Where.THOUGHTS:
            thoughts, tag, text = text.partition(CLOSE)
            if tag:
                self._where = _Where.AFTER
            else:
                thoughts, self._held = _split(thoughts)
        if self._where is _Where.AFTER and (text := text.lstrip()):
            self._where = _Where.ANSWER
        return thoughts, text

    def end(self) -> str:
        """What waited for more and is part of the answer."""
        held, self._held = self._held, ""
        return held if self._where is _Where.BEFORE else ""


def _split(text: str) -> tuple[str, str]:
    """`text` without the beginning of a closing tag at its end, and that beginning."""
    for length in range(min(len(CLOSE) - 1, len(text)), 0, -1):
        if CLOSE.startswith(text[-length:]):
            return text[:-length], text[-length:]
    return text, ""


def without_thoughts(answer: str) -> str:
    """A whole answer without thoughts that are closed by a tag and were opened by none.

    The tag ends a line, and stands in no block of code, where it would be what the answer is about.
    """
    closed = _CLOSED.search(answer)
    if closed is None or OPEN in answer[: closed.start()] or answer[: closed.start()].count("```") % 2:
        return answer
    return answer[closed.end() :].lstrip()
