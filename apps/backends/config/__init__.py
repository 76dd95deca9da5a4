"""The configuration: no file is needed, and every value knows where it came from.

`keys.py` is the table of settings; to add one, add a row. yaml is imported only when there is a file.
"""

from __future__ import annotations

from apps.backends.config.environ import child_environment, config_path, stigmer_home
from apps.backends.config.keys import KEYS, Key
from apps.backends.config.load import Config, Origin, Setting, find_file_key, find_key, load
from apps.backends.config.organization import LOCAL_ORGANIZATION, resolve_organization
from apps.backends.errors import BadValue, BrokenFile, ConfigError, UnknownKey
from apps.backends.local_settings import LocalSettings

__all__ = [
    "KEYS",
    "LOCAL_ORGANIZATION",
    "BadValue",
    "BrokenFile",
    "Config",
    "ConfigError",
    "Key",
    "LocalSettings",
    "Origin",
    "Setting",
    "UnknownKey",
    "child_environment",
    "config_path",
    "find_file_key",
    "find_key",
    "load",
    "resolve_organization",
    "set_value",
    "stigmer_home",
    "unset_value",
]


def set_value(path_of_file: str, path: str, text: str) -> bool:
    """Write one key of the file at `path_of_file`; see `edit.set_value`."""
    from apps.backends.config import edit

    return edit.set_value(path_of_file, path, text)


def unset_value(path_of_file: str, path: str) -> bool | None:
    """Take one key out of the file at `path_of_file`; see `edit.unset_value`."""
    from apps.backends.config import edit

    return edit.unset_value(path_of_file, path)
