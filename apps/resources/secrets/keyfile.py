"""The local KeyStore: a file with the keys that secret values are encrypted with, 0600, beside the database.

A key a line, the newest last: `id:key:made`, the last in seconds since the epoch. An id is never given
twice, so a ciphertext whose key was lost is told apart from one of the key that took its place.
The file is never changed in place and is on the disk before anything is encrypted with a key of it.
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import os
import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from apps.processes.files import sync_directory
from apps.resources.errors import KeyFileDamaged

if TYPE_CHECKING:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BYTES_PURPOSE = b"stigmer payloads"
PEPPER_BYTES = 32


@dataclass(frozen=True)
class Key:
    """`made` is 0 where the file does not say it, as those of earlier versions do not.

    `fernet` is for values, `aead`, under a key derived from the same, for bytes in great number.
    """

    id: str
    text: str = field(repr=False)
    made: float
    fernet: Fernet = field(repr=False)
    aead: AESGCM = field(repr=False)

    @classmethod
    def of(cls, key_id: str, text: str, made: float) -> Key:
        """Raises ValueError for a text that is no key."""
        # cryptography takes 30 ms to import and most processes meet no secret.
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        derived = hmac.digest(base64.urlsafe_b64decode(text), BYTES_PURPOSE, "sha256")
        return cls(key_id, text, made, Fernet(text), AESGCM(derived))

    @property
    def number(self) -> int:
        digits = self.id[1:].partition("-")[0]
        return int(digits) if digits.isdecimal() else 0

    @property
    def line(self) -> str:
        return f"{self.id}:{self.text}:{self.made:.0f}\n"


class KeyFile:
    """The keys at `path`, read again when the file has changed: other processes add and remove keys."""

    is_given = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: tuple[object, Sequence[Key]] = (None, ())
        self._pepper = b""

    def read(self) -> Sequence[Key]:
        """Oldest first, at least one: the first is made when there is no file. Raises KeyFileDamaged."""
        version, keys = self._held
        now = self._version()
        if now is None and keys:
            return keys  # deleted while we work: what we hold still opens what is stored
        if now is None:
            self._make_first()
            now = self._version()
        if now != version:
            keys = self._load()
            self._held = (now, keys)
        return keys

    def exists(self) -> bool:
        return self.path.exists()

    def add(self) -> Key:
        """Make a key, with which all processes encrypt from now on."""
        with self._locked():
            keys = self._load()
            made = _new_key(keys[-1].number + 1)
            self._write([*keys, made])
        return made

    def remove(self, ids: Collection[str]) -> None:
        """Forget keys. What is still encrypted with them cannot be read any more; the newest is kept."""
        with self._locked():
            keys = self._load()
            self._write([*(key for key in keys[:-1] if key.id not in ids), keys[-1]])

    def pepper(self) -> bytes:
        """Of a file of its own, `pepper` beside the keys: unlike these it never changes. Raises KeyFileDamaged."""
        if not self._pepper:
            path = self.path.with_name("pepper")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._locked():
                if not path.exists():
                    _replace(path, secrets.token_hex(PEPPER_BYTES))
            text = path.read_text().strip()
            if len(text) < 2 * PEPPER_BYTES:
                raise KeyFileDamaged(path, "it is too short for what API keys are hashed with")
            self._pepper = text.encode()
        return self._pepper

    def _make_first(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            if not self.exists():  # of two processes that get here at once the first one's key stands
                self._write([_new_key(1)])

    def _version(self) -> object:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _load(self) -> list[Key]:
        sync_directory(self.path.parent)  # whoever wrote it may not have come to that
        keys = []
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            key_id, _, rest = line.partition(":")
            text, _, made = rest.partition(":")
            try:
                keys.append(Key.of(key_id, text, float(made or 0.0)))
            except ValueError:
                raise KeyFileDamaged(self.path, f"its line {number} is no key") from None
        if not keys:
            raise KeyFileDamaged(self.path, "it is empty")
        return keys

    def _write(self, keys: Sequence[Key]) -> None:
        _replace(self.path, "".join(key.line for key in keys))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time changes the file. The lock is of the directory, which nobody replaces."""
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            yield
        finally:
            os.close(directory)


def _replace(path: Path, text: str) -> None:
    """Write a private file in one piece."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_directory(path.parent)


def _new_key(number: int) -> Key:
    from cryptography.fernet import Fernet

    return Key.of(f"k{number}-{secrets.token_hex(3)}", Fernet.generate_key().decode(), time.time())
