"""Keeping known secret values out of everything that is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from apps.resources.secrets.vault import MASK

SHORTEST = 4
"""Shorter values are not looked for: they would make any text unreadable and protect nothing."""


class Redactor:
    """Knows the secret values of one run, as they are and as JSON and addresses write them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {
            form
            for secret in secrets
            if len(secret) >= SHORTEST
            for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""))
        }
        self.secrets = sorted(forms, key=len, reverse=True)

    def __repr__(self) -> str:
        return f"<redactor of {len(self.secrets)} texts>"

    def text(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text

    def value(self, value: Any) -> Any:  # Any: whatever JSON holds
        if not self.secrets:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        return value

    def held_back(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a secret."""
        longest = 0
        for secret in self.secrets:
            for length in range(min(len(secret) - 1, len(text)), longest, -1):
                if secret.startswith(text[-length:]):
                    longest = length
                    break
        return longest


class RedactedStream:
    """Redacts a text that comes in pieces: what may turn out to be part of a secret waits for the rest."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor, self._rest = redactor, ""

    def feed(self, text: str) -> str:
        """What can be shown now."""
        if not self.redactor.secrets:
            return text
        text = self.redactor.text(self._rest + text)
        held = self.redactor.held_back(text)
        self._rest = text[len(text) - held :]
        return text[: len(text) - held]

    def end(self) -> str:
        rest, self._rest = self._rest, ""
        return rest
