"""Halves of characters: JSON can escape half of a surrogate pair, which nobody can store or send."""

from __future__ import annotations


def whole_characters(text: str) -> str:
    """`text` with U+FFFD for every half; two that are a pair become the character that they are."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
