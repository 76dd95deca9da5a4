"""Keeping API keys of model providers, encrypted: a program of the server's side, run to its end.

It needs no server, and one that runs finds them at its next run.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from apps.backends.local.environment import for_server
from apps.backends.local.errors import ModelKeyNotChanged
from apps.backends.local.keys import DJANGOS_PREFIX
from apps.backends.local.units import python_module

if TYPE_CHECKING:
    from apps.backends.local_settings import LocalSettings


def keep_key(settings: LocalSettings, provider: str, key: str) -> None:
    """Raises ModelKeyNotChanged."""
    _run(settings, "keep", provider, key)


def forget_key(settings: LocalSettings, provider: str) -> None:
    """Raises ModelKeyNotChanged."""
    _run(settings, "forget", provider)


def _run(settings: LocalSettings, verb: str, provider: str, key: str = "") -> None:
    done = subprocess.run(
        python_module("stigmer_site", "modelkeys", verb, provider),
        env=for_server(os.environ, settings),
        input=key,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.splitlines()
        raise ModelKeyNotChanged(said[-1].removeprefix(DJANGOS_PREFIX) if said else f"exit code {done.returncode}")
