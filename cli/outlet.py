"""The one way out to people and pipes: only what we draw ourselves controls a terminal.

Names, answers of models and tools, errors and logs are others' words, and any of them may stand in any line. So every
line passes here, and what would control a terminal in it is made visible. Our own colours and moving lines are marks
that nobody else can write, since they hold a number of this process.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from apps.yaml_text.hidden import visible

if TYPE_CHECKING:
    import re
    from typing import TextIO

_EDGE: Final = "\ufdd0"  # no character, by Unicode's own word
_NUMBER: Final = os.urandom(6).hex()


@cache
def _mark() -> re.Pattern[str]:
    """Made when there is one: most commands colour nothing."""
    import re

    return re.compile(f"{_EDGE}{_NUMBER}:([^{_EDGE}]*){_EDGE}")


def control(codes: str) -> str:
    """What stands in a line for codes that control the terminal, until `rendered`."""
    return f"{_EDGE}{_NUMBER}:{codes}{_EDGE}"


def rendered(text: str) -> str:
    """`text` as it goes to a stream: marks as the codes they stand for, every other control character visible."""
    if _EDGE not in text:
        return visible(text)
    # Every other part is what a mark holds.
    parts = _mark().split(text)
    parts[::2] = map(visible, parts[::2])
    return "".join(parts)


class Outlet:
    """A stream of text that renders what is written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(rendered(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:  # Any: whatever the stream has
        return getattr(self._stream, name)
