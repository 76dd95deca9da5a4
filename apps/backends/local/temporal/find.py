"""Finding Temporal on this machine: the configured program, then PATH, then what was downloaded before."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

from apps.backends.config.keys import BY_PATH
from apps.backends.local.temporal.unavailable import TemporalUnavailable
from apps.backends.local_settings import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from apps.backends.local_settings import ManagedTemporal

_VERSION: Final = re.compile(r"^temporal version (\S+)(?: \(Server ([0-9][\w.-]*))?", re.MULTILINE)
_INHERITED: Final = frozenset({"HOME", "PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", VARIABLE})
_ANSWER_SECONDS: Final = 20.0  # the first run of a large program from a cold disk


class Program(NamedTuple):
    """A Temporal that runs here. `server` is the version of the server in it."""

    path: str
    version: str
    server: str


class NotTemporal(Exception):
    """A file that is not Temporal, or does not run here; the text says which."""


def find(wanted: ManagedTemporal, search_path: str, note: Callable[[str], None]) -> Program | None:
    """The program to run; None when there is none. `note` is told of what was passed over.

    Any version will do, wherever somebody put it on purpose. Raises TemporalUnavailable when the
    configured program cannot be used: that is never replaced by another one silently.
    """
    if wanted.program:
        return _configured(wanted.program)
    candidates = (shutil.which("temporal", path=search_path), cached(wanted.cache_dir, wanted.version))
    for path in candidates:
        if path and os.path.exists(path):
            try:
                return look_at(path)
            except NotTemporal as error:
                note(f"{path} is passed over: {error}")
    return None


def cached(cache_dir: str, version: str) -> str:
    """Where a downloaded program is kept."""
    return os.path.join(cache_dir, "temporal", version, "temporal")


def look_at(path: str) -> Program:
    """Ask the program for its version. Raises NotTemporal."""
    try:
        answer = subprocess.run(
            (path, "--version"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
            env=environment(os.environ),
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise NotTemporal(f"it ended with exit code {error.returncode} when asked for its version") from None
    except subprocess.TimeoutExpired:
        raise NotTemporal(f"it did not tell its version within {_ANSWER_SECONDS:.0f} s") from None
    except OSError as error:
        raise NotTemporal(f"it does not run: {error.strerror}") from None
    if not (said := _VERSION.search(answer.stdout)):
        raise NotTemporal("it does not say that it is Temporal")
    return Program(path, said[1], said[2] or said[1])


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the program sees: no keys of model providers, none of the user's settings for Temporal's command line."""
    return {name: value for name, value in environ.items() if name in _INHERITED}


def _configured(path: str) -> Program:
    try:
        return look_at(path)
    except NotTemporal as error:
        key = BY_PATH["backend.local.temporal.path"]
        raise TemporalUnavailable(
            f"{key.path} is {path}: {error}",
            hint=f"Name another with `{key.command('FILE', os.environ)}`, then `stigmer server restart`",
        ) from None
