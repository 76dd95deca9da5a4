"""Putting the settings together: flag, environment, project, file, what a former start kept, default."""

from __future__ import annotations

import os
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from apps.backends.config.environ import child_environment, config_path, stigmer_home
from apps.backends.config.keys import BY_PATH, KEYS, Key
from apps.backends.config.values import Value
from apps.backends.errors import BadValue
from apps.backends.kept_ports import PORT_KEYS, kept_ports_file, read_kept_ports
from apps.backends.local_settings import LocalSettings, ManagedTemporal

if TYPE_CHECKING:
    from collections.abc import Mapping


class Origin(Enum):
    FLAG = "flag"
    ENVIRONMENT = "environment"
    PROJECT = "project"
    FILE = "file"
    KEPT = "kept"
    """In the data directory, because the default was taken."""
    DEFAULT = "default"


class Setting(NamedTuple):
    """One value and where it came from: `where` is the flag, variable, `file:line`, or "" for a default."""

    key: Key
    value: Value | None
    origin: Origin
    where: str = ""

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody gave this value, and not we found one."""
        return self.origin not in {Origin.KEPT, Origin.DEFAULT}

    @property
    def shown(self) -> str:
        """For people: a secret only tells that it is there, an unset value is empty."""
        if self.value is None:
            return ""
        if self.key.secret:
            return "********"
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)

    def __repr__(self) -> str:
        return f"Setting({self.key.path}={self.shown!r}, {self.origin.value})"


class Config:
    """Every setting, in the order of the table."""

    def __init__(self, home: str, settings: Mapping[str, Setting]) -> None:
        self.home = home
        self.path = os.path.join(home, "config.yaml")
        self.settings = dict(settings)

    def get(self, path: str) -> Setting:
        """Raises UnknownKey."""
        find_key(path)
        return self.settings[path]

    def text(self, path: str) -> str:
        """The value as text; "" when it is unset."""
        value = self.get(path).value
        return "" if value is None else str(value)

    @property
    def backend_type(self) -> str:
        """local or cloud."""
        return self.text("backend.type")

    @property
    def is_local(self) -> bool:
        return self.backend_type == "local"

    @property
    def local(self) -> LocalSettings:
        managed, address = self._temporal()
        return LocalSettings(
            data_dir=self.text("backend.local.data_dir"),
            endpoint=self.text("backend.local.endpoint"),
            web=self.text("backend.local.web"),
            temporal_address=address,
            temporal=managed,
            values=self._handed_on(),
            movable=tuple(path for path in PORT_KEYS if not self.get(path).is_asked_for),
        )

    def _handed_on(self) -> dict[str, Value | None]:
        """Every local setting by its key, but no secrets: those stay in the variables that they came in.

        The defaults of model and base_url are Ollama's: for another provider they are nothing.
        """
        local = [each for each in self.settings.values() if each.key.path.startswith("backend.local.")]
        values = {each.key.path: each.value for each in local if not each.key.secret}
        for path in ("backend.local.llm.model", "backend.local.llm.base_url"):
            if self.text("backend.local.llm.provider") != "ollama" and self.get(path).origin is Origin.DEFAULT:
                values[path] = None
        return values

    def _temporal(self) -> tuple[ManagedTemporal | None, str]:
        """The Temporal to run, None for one that somebody else runs, and its address."""
        address = self.get("backend.local.temporal.address")
        port = f"127.0.0.1:{self.text('backend.local.temporal.port')}"
        if address.origin is Origin.ENVIRONMENT:
            return None, self.text("backend.local.temporal.address")
        if not self.get("backend.local.temporal.managed").value:
            return None, self.text("backend.local.temporal.address") or port
        managed = ManagedTemporal(
            cache_dir=os.path.join(self.home, "cache"),
            version=self.text("backend.local.temporal.version"),
            program=self.text("backend.local.temporal.path"),
        )
        return managed, port


def load(
    *,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, str] | None = None,
    project: Mapping[str, str] | None = None,
    project_file: str = "Stigmer.yaml",
) -> Config:
    """Every setting with its origin. `flags` and `project` are keyed by dotted key.

    Raises BadValue, UnknownKey or BrokenFile: one sentence that names the key and where it stands.
    An empty environment variable counts as absent.
    """
    environ = child_environment() if environ is None else environ
    home = stigmer_home(environ)
    from_file = _from_file(config_path(environ))
    settings = {}
    for key in KEYS:
        settings[key.path] = (
            _given(key, flags or {}, Origin.FLAG, "")
            or _from_environment(key, environ)
            or _given(key, project or {}, Origin.PROJECT, project_file)
            or from_file.get(key.path)
            or _default(key, home)
        )
    return Config(home, settings | _kept(settings))


def _kept(settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """The addresses that this home was given in place of defaults that were taken."""
    data_dir = str(settings["backend.local.data_dir"].value)
    found = {}
    for path, text in read_kept_ports(data_dir).items():
        if settings[path].origin is Origin.DEFAULT:
            with suppress(ValueError):  # not as we write it: of no more use than none
                value = BY_PATH[path].type.parse(text)
                found[path] = Setting(BY_PATH[path], value, Origin.KEPT, kept_ports_file(data_dir))
    return found


def find_file_key(path: str) -> Key:
    """As `find_key`, for a key that the file may hold: raises BadValue for one that is read from its variable only."""
    key = find_key(path)
    if not key.in_file:
        raise BadValue(f"`{path}` is read from {key.env} only", key=path, hint=f"Run `export {key.env}=...`")
    return key


def find_key(path: str) -> Key:
    """Raises UnknownKey, with the nearest key as its hint."""
    if path not in BY_PATH:
        from apps.backends.config.file import unknown_key

        raise unknown_key(path)
    return BY_PATH[path]


def _from_file(path: str) -> dict[str, Setting]:
    if not os.path.lexists(path):
        return {}
    from apps.backends.config.file import read_file

    return {
        entry.key.path: Setting(entry.key, entry.value, Origin.FILE, f"{path}:{entry.line}")
        for entry in read_file(path)
    }


def _from_environment(key: Key, environ: Mapping[str, str]) -> Setting | None:
    text = environ.get(key.env, "") if key.env else ""
    try:
        return _parsed(key, text, Origin.ENVIRONMENT, key.env) if text else None
    except BadValue as error:
        example = f"`export {key.env}={key.example}`, or " if key.example else ""
        error.hint = f"Run {example}`unset {key.env}`"
        raise


def _given(key: Key, values: Mapping[str, str], origin: Origin, where: str) -> Setting | None:
    text = values.get(key.path, "")
    return _parsed(key, text, origin, where) if text else None


def _parsed(key: Key, text: str, origin: Origin, where: str) -> Setting:
    try:
        return Setting(key, key.type.parse(text), origin, where)
    except ValueError as error:
        subject = f"{where} (`{key.path}`)" if where else f"`{key.path}`"
        raise BadValue(f"{subject} {error}", key=key.path) from None


def _default(key: Key, home: str) -> Setting:
    value = key.default.replace("{home}", home) if isinstance(key.default, str) else key.default
    return Setting(key, value, Origin.DEFAULT)
