"""JSON Schemas of everything that people write: manifests of each kind, Stigmer.yaml, config.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.backends.config import Key
    from apps.backends.kinds import Kind

Json = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
PROJECT = {
    "name": "Name of the project, under which what it deploys is known.",
    "runtime": "What its program is written in.",
    "version": "Version of the project, for people.",
    "main": "The program, or `-m package.module`; main.py or the package of main.go when left out.",
    "description": "What the project does, for people.",
    "organization": "Organization that it is deployed to in a cloud; without meaning on this machine.",
    "notify": "Whether somebody is told when its runs fail, as the settings `notify.*` say.",
}


def of_kind(kind: Kind) -> Json:
    """The schema of a kind's manifest."""
    from apps.schemas.json_schema import schema_of

    return schema_of(kind.message_class().DESCRIPTOR)


def of_project() -> Json:
    """The schema of Stigmer.yaml."""
    from cli.project.project_file import REQUIRED, Runtime

    properties: Json = {key: {"type": "string", "description": meaning} for key, meaning in PROJECT.items()}
    properties["notify"] |= {"type": "boolean", "default": True}
    properties["runtime"]["enum"] = [each.value for each in Runtime]
    return {
        "$schema": DRAFT,
        "title": "Stigmer.yaml",
        "type": "object",
        "properties": properties,
        "required": list(REQUIRED),
        "additionalProperties": False,
    }


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
