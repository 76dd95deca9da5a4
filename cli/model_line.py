"""Which model will answer, told while the server starts: looked for beside it, and never waited for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.backends.config import Config
    from apps.backends.models.configured import Configured


class ModelLine:
    """Begins to look when it is made. `take` has the line once, as soon as there is one."""

    def __init__(self, config: Config) -> None:
        self._line = ""
        threading.Thread(target=self._look, args=(config,), name="model", daemon=True).start()

    def take(self) -> str:
        """The line, "" while nothing is known, and after it was taken."""
        line, self._line = self._line, ""
        return line

    def _look(self, config: Config) -> None:
        from apps.backends.config import child_environment
        from apps.backends.models.configured import seen
        from apps.backends.models.keys import place_of_key

        environ = child_environment()
        found = seen(config, environ)
        key = place_of_key(found.provider, environ, config.local.data_dir).origin if found.provider.key else ""
        self._line = sentence(found, key)


def sentence(found: Configured, key: str) -> str:
    """`Using Ollama (no API key required)`. `key` is where that comes from, "" where there is none."""
    if found.trouble:
        return f"No model yet: {found.trouble} (see `stigmer model list`)"
    if found.provider.name == "scripted":
        return f"Using answers from the file {found.model}"
    where = {"environment": f"API key from {found.provider.key}", "login": "API key from `stigmer model login`"}
    return f"Using {found.provider.title} ({where.get(key, 'no API key required')})"
