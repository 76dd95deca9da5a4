"""Characters that are none to people: halves of them, and those that nobody sees.

JSON can escape half of a surrogate pair, which nobody can store or send.
"""

from __future__ import annotations

import unicodedata

_UNSEEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers and blanks that Unicode counts among letters, marks and symbols."""
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
_SELECTORS = range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)
"""They only say how the character before them looks."""


def whole_characters(text: str) -> str:
    """`text` with U+FFFD for every half; two that are a pair become the character that they are."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def is_blank(text: str) -> bool:
    """Whether nobody would see anything of `text`: spaces, controls, joiners, marks of direction, fillers."""
    return not text.strip() or all(map(_is_unseen, text))


def _is_unseen(character: str) -> bool:
    if unicodedata.category(character) in _UNSEEN or character in _UNSEEN_LETTERS:
        return True
    return any(ord(character) in selectors for selectors in _SELECTORS)
