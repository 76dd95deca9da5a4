"""What the settings say about models now: the configuration file and kept keys are looked at again for each run.

Variables are those of the server's own start, and win over both, as everywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from apps.agents.runtime.models.choice import ModelDefaults
from apps.backends import config
from apps.backends.errors import BackendError
from apps.shared.model_providers import PROVIDERS
from stigmer_site.model_keys import ModelKeys

logger = logging.getLogger(__name__)

PREFIX = "backend.local.llm."


class CurrentModels:
    """Called for each run. What the file says wrongly changes nothing: what held before does.

    `handed` is what the server began with, which holds until the file could be read once.
    """

    def __init__(self, handed: Mapping[str, object], environ: Mapping[str, str], keys: ModelKeys) -> None:
        self._environ, self._keys = environ, keys
        self._last = _texts(handed)

    def __call__(self) -> ModelDefaults:
        values = self._last = self._configured() or self._last
        return ModelDefaults(
            provider=values["provider"], model=values["model"], base_url=values["base_url"], api_keys=self._api_keys()
        )

    def _configured(self) -> dict[str, str] | None:
        try:
            return _texts(config.load(environ=self._environ).local.values)
        except (BackendError, OSError) as error:
            logger.warning("the configuration cannot be read, what it said before holds: %s", error)
            return None

    def _api_keys(self) -> dict[str, str]:
        needed = [each for each in PROVIDERS.values() if each.key]
        given = {each.key: self._environ.get(each.key, "").strip() for each in needed}
        if all(given.values()) or not self._keys.path.exists():
            return given
        kept = self._keys.read()
        return {each.key: given[each.key] or kept.get(each.name, "") for each in needed}


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(values.get(f"{PREFIX}{name}") or "") for name in ("provider", "model", "base_url")}
