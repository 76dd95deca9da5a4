"""Characters that one does not see and that change what one sees: they move a cursor, colour, or turn text around.

C0 but for tab and line feed, DEL, C1 (U+009B alone begins a command of a terminal), the separators of lines and
paragraphs, and the controls of bidirectional text (Unicode's UAX #9). What others wrote is never shown with them.
"""

from __future__ import annotations

import re

CHARACTERS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""For a character class of a regular expression."""
HIDDEN = re.compile(f"[{CHARACTERS}]")


def escape(found: re.Match[str]) -> str:
    r"""As JSON and YAML write it between double quotes: `\u001b`."""
    return f"\\u{ord(found[0]):04x}"


def visible(text: str) -> str:
    r"""`text` with them as people read them: `\x1b`, `\u202e`. A carriage return before a line feed goes."""
    if text.isprintable():
        return text
    return HIDDEN.sub(_shown, text.replace("\r\n", "\n"))


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004  # what \x can say
