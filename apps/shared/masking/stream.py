"""Masking of a text that comes in pieces."""

from __future__ import annotations

from apps.shared.masking.masker import Masker


class MaskedStream:
    """What may turn out to be part of a secret waits for the rest."""

    def __init__(self, masker: Masker) -> None:
        self._masker, self._rest = masker, ""

    def feed(self, text: str) -> str:
        """What can be shown now."""
        if not self._masker:
            return text
        text = self._rest + text
        cut = len(text) - self._masker.begun(text)
        for start, end, _ in self._masker.spans(text):
            if start < cut < end:
                cut = start
        self._rest = text[cut:]
        return self._masker.text(text[:cut])

    def end(self) -> str:
        rest, self._rest = self._rest, ""
        return self._masker.text(rest)
