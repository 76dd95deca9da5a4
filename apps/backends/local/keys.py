"""Changing the key of stored secrets: a program of the server's side, run to its end."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from apps.backends.local.environment import for_server
from apps.backends.local.errors import KeysNotChanged
from apps.backends.local.units import python_module

if TYPE_CHECKING:
    from apps.backends.local_settings import LocalSettings

DJANGOS_PREFIX = "CommandError: "


def rotate_keys(settings: LocalSettings) -> tuple[list[str], list[str]]:
    """Sentences about what was done, and about what could not be. Raises KeysNotChanged.

    It needs no server and disturbs none; interrupted, it is finished by the next call.
    """
    done = subprocess.run(
        python_module("stigmer_site", "rotatesecrets"),
        env=for_server(os.environ, settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = done.stderr.splitlines()
    if done.returncode != 0:
        why = complaints[-1].removeprefix(DJANGOS_PREFIX) if complaints else f"exit code {done.returncode}"
        raise KeysNotChanged(why)
    return done.stdout.splitlines(), complaints
