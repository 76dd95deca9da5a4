"""Lines put together again: some programs print a message the way people read it, spread over several lines."""

from __future__ import annotations

import re

from apps.agents.runtime.mcp.reading import MAX_ANSWER, messages_in, text_of

PAUSE = b""
"""In place of a line: nothing has come for a while, so nothing more of this message will."""
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_FRAGMENT = re.compile(r'(?:[\s{}\[\],:]|""|-?\d[\d.eE+-]*|true|false|null)*')
_ENDS_OPEN = re.compile(rb"[,:\[]\s*\Z")


class Joining:
    """Of one program's output. A line that stands for itself passes, even while others wait for their rest."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._depth = self._size = 0

    def added(self, line: bytes | None) -> list[bytes | None]:
        """What can be read now. None is a line that was too long, and stands for all that is too long together."""
        if line is None or line == PAUSE:
            return [*self.rest(), *([None] if line is None else [])]
        if not (text := text_of(line)):
            return []
        depth = _depth(text)
        if self._held and self._goes_on(line, text, depth):
            return self._hold(line, depth or 0)
        if depth is None or depth <= 0 or text[:1] not in {"{", "["} or messages_in(line):
            return [line]
        return [*self.rest(), *self._hold(line, depth)]

    def rest(self) -> list[bytes | None]:
        """What is held, whole or not."""
        held, self._held, self._depth, self._size = self._held, [], 0, 0
        return [b"".join(held)] if held else []

    def _goes_on(self, line: bytes, text: str, depth: int | None) -> bool:
        """Whether a line belongs to those that are held."""
        if depth is None or (depth == 0 and '"jsonrpc"' in text and messages_in(line)):
            return False
        # What begins at the margin is something new, unless something was to follow: not everybody indents.
        return line[:1] not in {b"{", b"["} or _ENDS_OPEN.search(self._held[-1]) is not None

    def _hold(self, line: bytes, depth: int) -> list[bytes | None]:
        self._held.append(line)
        self._depth, self._size = self._depth + depth, self._size + len(line)
        if self._size > MAX_ANSWER:
            self.rest()
            return [None]
        return self.rest() if self._depth <= 0 else []


def _depth(text: str) -> int | None:
    """How many more brackets a line opens than it closes; None for what is no piece of JSON."""
    bare = _TEXT.sub('""', text)
    if not _FRAGMENT.fullmatch(bare):
        return None
    return sum(map(bare.count, "{[")) - sum(map(bare.count, "}]"))
