"""Thoughts that hosts put into the answer itself, between tags."""

from __future__ import annotations

import re

OPEN, CLOSE = "<think>", "</think>"
_TAG = re.compile(r"</?think>", re.IGNORECASE)
_CLOSED = re.compile(rf"{CLOSE}[ \t]*\n", re.IGNORECASE)


class ThoughtTags:
    """Takes thoughts out of the beginning of an answer that comes in pieces, however it is cut.

    There may be several blocks of them, and blocks within blocks. A tag that is opened in thoughts and never closed is
    something that they speak of: the answer is then what follows the last tag that closes.
    """

    def __init__(self) -> None:
        self._held = ""
        """Maybe the beginning of a tag."""
        self._after_tag = ""
        """What follows a closing tag within thoughts: theirs, should another one close them; else the answer."""
        self._depth, self._has_closed, self._was_thinking, self._is_answering = 0, False, False, False

    def feed(self, text: str) -> tuple[str, str]:
        """The thoughts in a piece, and what is said; what may be the beginning of a tag waits for the next."""
        text, self._held = self._held + text, ""
        thoughts = ""
        while text and not self._is_answering:
            if not self._depth:
                text = self._begun(text)
                continue
            found = _TAG.search(text)
            if found is None:
                thought, self._held = _split(text)
                return thoughts + self._thought(thought), ""
            thoughts += self._thought(text[: found.start()], found[0])
            text = text[found.end() :]
        return thoughts, text

    def end(self) -> str:
        """What waited for more and is part of the answer."""
        held, self._held = self._held, ""
        if self._depth:
            return f"{self._after_tag}{held}".lstrip() if self._has_closed else ""
        return held.lstrip() if self._was_thinking else held

    def _begun(self, text: str) -> str:
        """What is left to read of the beginning of an answer, or of what follows thoughts."""
        begun = text.lstrip()
        start = begun[: len(OPEN)].lower()
        if start == OPEN:
            self._depth, self._has_closed, self._was_thinking = 1, False, True
            return begun[len(OPEN) :]
        if OPEN.startswith(start):
            self._held = text
            return ""
        self._is_answering = True
        return begun if self._was_thinking else text

    def _thought(self, text: str, tag: str = "") -> str:
        """What is known to be thoughts at the end of `text` and of its tag, which is theirs unless it is the last."""
        is_closing = tag.lower() == CLOSE
        self._depth += -1 if is_closing else 1 if tag else 0
        text += tag if self._depth else ""
        if self._has_closed or is_closing:
            text, self._after_tag = self._after_tag + text, ""
        self._has_closed = self._has_closed or is_closing
        if self._has_closed and not is_closing:
            text, self._after_tag = "", text
        return text


def _split(text: str) -> tuple[str, str]:
    """`text` without the beginning of a tag at its end, and that beginning."""
    for length in range(min(len(CLOSE) - 1, len(text)), 0, -1):
        end = text[-length:].lower()
        if CLOSE.startswith(end) or OPEN.startswith(end):
            return text[:-length], text[-length:]
    return text, ""


def without_thoughts(answer: str) -> str:
    """A whole answer without thoughts between tags, and without those that are closed by a tag and were opened by none.

    Such a tag ends a line, and stands in no block of code, where it would be what the answer is about.
    """
    tags = ThoughtTags()
    _, answer = tags.feed(answer)
    answer += tags.end()
    closed = _CLOSED.search(answer)
    if closed is None or OPEN in answer[: closed.start()].lower() or answer[: closed.start()].count("```") % 2:
        return answer
    return answer[closed.end() :].lstrip()
