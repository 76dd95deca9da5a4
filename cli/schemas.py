"""JSON Schemas of everything that people write: manifests of each kind, Stigmer.yaml, config.yaml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.backends.version import VERSION
from cli.project.schema import DRAFT, of_project

__all__ = ["editor_line", "of_config", "of_kind", "of_project"]

if TYPE_CHECKING:
    from apps.backends.config import Key
    from apps.backends.kinds import Kind

Json = dict[str, Any]
LINE = "# yaml-language-server: $schema={}\n"
"""By it editors complete and judge a YAML file: those that have the YAML language server, or JetBrains'."""


def of_kind(kind: Kind) -> Json:
    """The schema of a kind's manifest."""
    from apps.schemas.json_schema import schema_of

    return schema_of(kind.message_class().DESCRIPTOR)


def editor_line(kind: Kind) -> str:
    """The first line of a manifest of this kind, by which editors find its schema; "" where that cannot be kept."""
    from apps.backends.config import stigmer_home

    folder = Path(stigmer_home()) / "schemas"
    file = folder / f"{VERSION}-{kind.singular}.json"
    if not file.exists():
        from apps.processes.files import replace_file
        from cli.output import as_json

        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(str(file), as_json(of_kind(kind)).encode(), beside=f".{os.getpid()}")
        except OSError:  # a full or read-only disk keeps nobody from reading a resource
            return ""
    return LINE.format(file.as_uri())


def of_config() -> Json:
    """The schema of config.yaml, from the table of settings."""
    from apps.backends.config import KEYS

    root: Json = {"$schema": DRAFT, "title": "config.yaml", **branch()}
    for key in KEYS:
        if not key.in_file:
            continue
        *parents, name = key.path.split(".")
        place = root
        for parent in parents:
            place = place["properties"].setdefault(parent, branch())
        place["properties"][name] = setting(key)
    return root


def branch() -> Json:
    """A mapping of settings."""
    return {"type": "object", "properties": {}, "additionalProperties": False}


def setting(key: Key) -> Json:
    """One setting; one whose type lists words takes one of them."""
    made: Json = {"description": key.description}
    if isinstance(key.default, bool):
        made["type"] = "boolean"
    elif isinstance(key.default, int):
        made["type"] = "integer"
    else:
        made["type"] = "string"
    if " | " in key.type.name:
        made["enum"] = key.type.name.split(" | ")
    if key.default is not None:
        made["default"] = key.default
    return made
