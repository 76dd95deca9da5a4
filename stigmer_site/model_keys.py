"""API keys of model providers that `stigmer model login` keeps: encrypted as all secrets are, in a 0600 file.

The file is a JSON object of ciphertexts by provider, replaced as a whole; who reads it looks again for each run.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from apps.processes.files import sync_directory
from apps.resources.secrets import vault

logger = logging.getLogger(__name__)


class ModelKeys:
    """Those in the file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, str]:
        """The keys by provider. One that cannot be opened any more is left out, and logged."""
        found = {}
        for provider, sealed in self._stored().items():
            try:
                found[provider] = vault.unseal(sealed)
            except KeyError:
                logger.warning("the kept key of %s cannot be read any more; log in again", provider)
        return found

    def keep(self, provider: str, key: str) -> None:
        """Raises OSError."""
        self._write(self._stored() | {provider: vault.seal(key)})

    def forget(self, provider: str) -> bool:
        """Whether there was one. Raises OSError."""
        stored = self._stored()
        if stored.pop(provider, None) is None:
            return False
        self._write(stored)
        return True

    def key_ids(self) -> set[str]:
        """The ids of the keys that these are encrypted with."""
        return {vault.key_id_of(sealed) for sealed in self._stored().values()}

    def reseal(self, reseal: Callable[[str], str]) -> None:
        """Put all of them under another key."""
        stored = self._stored()
        if stored:
            self._write({provider: reseal(sealed) for provider, sealed in stored.items()})

    def _stored(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            logger.warning("the kept keys of model providers cannot be read: %s", type(error).__name__)
            return {}
        pairs = found.items() if isinstance(found, dict) else ()
        return {name: sealed for name, sealed in pairs if isinstance(sealed, str)}

    def _write(self, stored: dict[str, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_suffix(f".{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(stored, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        finally:
            fresh.unlink(missing_ok=True)
        sync_directory(self.path.parent)
