"""The KeyStore whose keys the operator gives: the same on every machine, in a file or in a variable.

A key a line (in a variable also with spaces or commas between them) as in the file of a single machine: `id:key` or
`id:key:made`, the key being 32 random bytes in base64. All of them open what is stored, the last one seals. A new key
is first put before the last one, and last once every unit has it: none meets a value whose key it does not have yet.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from apps.resources.errors import KeyFileDamaged
from apps.resources.secrets.keyfile import Key

_PEPPER: Final = b"stigmer api keys"


class GivenKeys:
    """Keys of `source`, a file that is read again when it has changed, or a text; `secret` never changes."""

    is_given = True

    def __init__(self, source: Path | str, secret: str) -> None:
        self._source = source
        self._pepper = hmac.digest(secret.encode(), _PEPPER, "sha256")
        self._held: tuple[object, Sequence[Key]] = (None, ())

    def exists(self) -> bool:
        return True

    def read(self) -> Sequence[Key]:
        """Oldest first, at least one. Raises KeyFileDamaged, until something was read; then what is held counts."""
        version, keys = self._held
        try:
            now = self._version()
            if now != version:
                keys = parse(self._text(), self._name)
                self._held = (now, keys)
        except (OSError, KeyFileDamaged) as error:
            if not keys and isinstance(error, OSError):
                raise KeyFileDamaged(self._name, "it cannot be read") from error
            if not keys:
                raise
        return keys  # those that are held, where somebody is in the middle of changing the file

    def add(self) -> Key:
        """Nothing is made: the newest."""
        return self.read()[-1]

    def remove(self, ids: Collection[str]) -> None:
        """Nothing: the operator does."""

    def pepper(self) -> bytes:
        return self._pepper

    @property
    def _name(self) -> Path:
        return self._source if isinstance(self._source, Path) else Path("STIGMER_KEYS")

    def _text(self) -> str:
        return self._source.read_text() if isinstance(self._source, Path) else self._source

    def _version(self) -> object:
        if isinstance(self._source, str):
            return self._source
        found = self._source.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size


def parse(text: str, name: Path) -> list[Key]:
    """The keys of a text. Raises KeyFileDamaged, which quotes nothing of it."""
    keys: list[Key] = []
    for number, each in enumerate(re.split(r"[\s,]+", text.strip()), 1):
        key_id, _, rest = each.partition(":")
        key, _, made = rest.partition(":")
        try:
            keys.append(Key.of(key_id, key, float(made or 0.0)))
        except ValueError:
            raise KeyFileDamaged(name, f"its key number {number} is no `id:key`") from None
        if not re.fullmatch(r"[A-Za-z0-9-]+", key_id):
            raise KeyFileDamaged(name, f"its key number {number} has no id of letters, digits and hyphens")
    if len({key.id for key in keys}) < len(keys):
        raise KeyFileDamaged(name, "two keys have one id")
    return keys
