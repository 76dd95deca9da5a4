"""The JSON Schema of Stigmer.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.project.project_file import REQUIRED, Runtime

Json = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
FILE = Path(".stigmer") / "project.schema.json"
"""Where a new project has it, so that it goes along to whoever checks the project out."""
PROJECT = {
    "name": "Name of the project, under which what it deploys is known.",
    "runtime": "What its program is written in.",
    "version": "Version of the project, for people.",
    "main": "The program, or `-m package.module`; main.py or the package of main.go when left out.",
    "description": "What the project does, for people.",
    "organization": "Organization that it is deployed to in a cloud; without meaning on this machine.",
    "notify": "Whether somebody is told when its runs fail, as the settings `notify.*` say.",
}


def of_project() -> Json:
    """The schema of Stigmer.yaml."""
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
