"""Masking of a text that comes in pieces."""

from __future__ import annotations

from typing import Final

from apps.shared.masking.masker import Masker

_BEFORE: Final = 32
"""Characters of what was shown that are looked at once more: a letter of base64 before a secret holds bits of it."""


class MaskedStream:
    """What may turn out to be part of a secret waits for the rest."""

    def __init__(self, masker: Masker) -> None:
        self._masker, self._shown, self._rest = masker, "", ""

    def feed(self, text: str) -> str:
        """What can be shown now."""
        if not self._masker:
            return text
        text = self._shown + self._rest + text
        cut = max(len(self._shown), len(text) - self._masker.begun(text))
        for start, end, _ in self._masker.spans(text):
            if start < cut < end:
                cut = max(len(self._shown), start)
        return self._show(text, cut)

    def end(self) -> str:
        text = self._shown + self._rest
        return self._show(text, len(text))

    def _show(self, text: str, cut: int) -> str:
        before = len(self._shown)
        self._shown, self._rest = text[max(0, cut - _BEFORE) : cut], text[cut:]
        return self._masker.text_after(text[:cut], before)
