"""Characters that one does not see and that change what one sees: they move a cursor, colour, or turn text around.

C0 but for tab and line feed, DEL, C1 (U+009B alone begins a command of a terminal), the separators of lines and
paragraphs, and the controls of bidirectional text (Unicode's UAX #9). What others wrote is never shown with them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

CHARACTERS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""For a character class of a regular expression."""


@cache
def _hidden() -> re.Pattern[str]:
    """One of them. Made when it is needed: it takes a millisecond, and most commands print none of them."""
    import re

    return re.compile(f"[{CHARACTERS}]")


def escaped(text: str) -> str:
    r"""`text` with them as JSON and YAML write them between double quotes: `\u001b`."""
    return text if _is_plain(text) else _hidden().sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def visible(text: str) -> str:
    r"""`text` with them as people read them: `\x1b`, `\u202e`. A carriage return before a line feed goes."""
    return text if _is_plain(text) else _hidden().sub(_shown, text.replace("\r\n", "\n"))


def _is_plain(text: str) -> bool:
    """Whether nothing can be hidden in it, at a glance. What is not may be harmless: a wide space."""
    return text.replace("\n", "").isprintable()


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004  # what \x can say
