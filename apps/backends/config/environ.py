"""The client side's only door to the process environment. `environ` is a parameter everywhere, for tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from apps.backends.errors import BadValue, HomeMissing

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping


def stigmer_home(environ: Mapping[str, str] | None = None) -> str:
    """The directory of config.yaml: STIGMER_HOME, else ~/.stigmer. Raises BadValue for a relative one, HomeMissing."""
    given = _environ(environ).get("STIGMER_HOME", "")
    path = os.path.expanduser(given or "~/.stigmer")
    if not given and not os.path.isabs(path):
        raise HomeMissing("")
    if not os.path.isabs(path):
        raise BadValue(
            f"STIGMER_HOME must be an absolute path, got {given!r}",
            key="STIGMER_HOME",
            hint=f"Run `export STIGMER_HOME={os.path.abspath(path)}`, or `unset STIGMER_HOME`",
        )
    return os.path.normpath(path)


def settle_home(environ: MutableMapping[str, str] | None = None) -> None:
    """Have a HOME that is set but empty count as not set, for us and all that we start.

    Python would take it for the root directory, and a relative one for another place in every directory: for that one
    raises BadValue.
    """
    environ = os.environ if environ is None else environ
    home = environ.get("HOME")
    if home == "":
        del environ["HOME"]
    elif home and not os.path.isabs(home):
        raise BadValue(
            f"HOME must be an absolute path, got {home!r}",
            key="HOME",
            hint=f"Run `export HOME={os.path.abspath(home)}`, or `unset HOME`",
        )


def config_path(environ: Mapping[str, str] | None = None) -> str:
    """Where config.yaml is, or would be. Never reads it."""
    return os.path.join(stigmer_home(environ), "config.yaml")


def child_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the user's own programs (an entry point, an editor) inherit: everything."""
    return dict(_environ(environ))


def _environ(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if environ is None else environ
