"""The environment of the daemon and its units, made from the user's and from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.backends.local_settings import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.backends.local_settings import LocalSettings

# Set for the user's own programs: in ours they would load the user's code, another project's Django
# settings, or make every start compile everything again.
_NOT_OURS: Final = frozenset(
    {
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONWARNINGS",
        "DJANGO_SETTINGS_MODULE",
        "STIGMER_OUT_DIR",
        "STIGMER_SUPERVISOR_FD",
    }
)


def for_server(environ: Mapping[str, str], settings: LocalSettings) -> dict[str, str]:
    """What the server's processes see: the user's environment less what is not meant for them, and the settings."""
    return without_users(environ) | {VARIABLE: settings.to_json()}


def without_users(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of ours that is told nothing else."""
    kept = {name: value for name, value in environ.items() if name not in _NOT_OURS}
    # Units write to a pipe: without this their last words would be lost in a buffer.
    return kept | {"PYTHONUNBUFFERED": "1"}
