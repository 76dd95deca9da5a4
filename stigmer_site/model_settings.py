"""What the settings say about models now: the configuration file and kept keys are looked at again for each run.

Variables are those of the server's own start, and win over both, as everywhere.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path

from apps.agents.runtime.models.choice import ModelDefaults
from apps.backends import config
from apps.backends.errors import BackendError
from apps.shared.model_providers import PROVIDERS
from stigmer_site.model_keys import ModelKeys

logger = logging.getLogger(__name__)

PREFIX = "backend.local.llm."
JUST_NOW_SECONDS = 2.0
"""Times of files are that coarse on some file systems: what is written twice within them may look the same."""


class CurrentModels:
    """Called for each run. What the file says wrongly changes nothing: what held before does.

    `handed` is what the server began with, which holds until the file could be read once.
    """

    def __init__(self, handed: Mapping[str, object], environ: Mapping[str, str], keys: ModelKeys) -> None:
        self._environ, self._keys = environ, keys
        self._last = self._read = _texts(handed)
        self._read_at: tuple[int, ...] | None = None
        """The state of the file that `_read` was read from."""

    def __call__(self) -> ModelDefaults:
        values = self._last = self._configured() or self._last
        return ModelDefaults(
            provider=values["provider"], model=values["model"], base_url=values["base_url"], api_keys=self._api_keys()
        )

    def _configured(self) -> dict[str, str] | None:
        try:
            now = _state_of(config.config_path(self._environ))
            if now is None or now != self._read_at:
                found = _texts(config.load(environ=self._environ).local.values)
                self._read_at, self._read = now, found
        except (BackendError, OSError) as error:
            logger.warning("the configuration cannot be read, what it said before holds: %s", error)
            self._read_at = None
            return None
        return self._read

    def _api_keys(self) -> dict[str, str]:
        needed = [each for each in PROVIDERS.values() if each.key]
        given = {each.key: self._environ.get(each.key, "").strip() for each in needed}
        if all(given.values()) or not self._keys.path.exists():
            return given
        kept = self._keys.read()
        return {each.key: given[each.key] or kept.get(each.name, "") for each in needed}


def _state_of(path: str) -> tuple[int, ...] | None:
    """What changes when the file does; None while that cannot be told: it was changed just now."""
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    just_now = abs(time.time() - max(found.st_mtime, found.st_ctime)) < JUST_NOW_SECONDS
    return None if just_now else (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(values.get(f"{PREFIX}{name}") or "") for name in ("provider", "model", "base_url")}
