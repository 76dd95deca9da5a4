"""The page of one resource: what it is in words, how its runs went, what has to do with it, its definition."""

from __future__ import annotations

from typing import NamedTuple

from apps.resources.admin.base import Context
from apps.resources.admin.health import health_of
from apps.resources.admin.highlight import yaml_block
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.json_value import Json
from apps.resources.kind import Kind
from apps.shared.annotations import INPUT_SCHEMA, SDK_PREFIX

AS_WRITTEN = "Spec"
"""The part of the words that only repeats the definition."""
PROSE = {"Instructions", "Skill"}
"""Those that are a text, not a line for each."""
DEEPEST = 4
"""What is still told apart by how far it stands to the right."""


class Line(NamedTuple):
    """One of the words' lines, `name  mark  rest`, inside another one where `depth` is more than 0."""

    depth: int
    name: str
    mark: str = ""
    rest: str = ""


def line_of(text: str) -> Line:
    """A line as `in_words` writes it."""
    written = text.lstrip()
    return Line(min((len(text) - len(written)) // 2, DEEPEST), *written.split("  ", 2))


def manifest(kind: Kind, row: Resource, caller: Caller) -> dict[str, Json]:
    """What `stigmer get KIND NAME -o yaml` shows."""
    # Generated messages come along with these: only pages that show a definition need them.
    from apps.resources.api.extension.by_name import by_name
    from apps.resources.wire.codec import message_class
    from apps.schemas.manifest_form import manifest_of

    (envelope,) = by_name(kind, [bytes(row.snapshot)], caller)
    return manifest_of(message_class(kind).FromString(envelope))


def spec_yaml(kind: Kind, row: Resource, caller: Caller) -> str:
    """The spec of that; empty text for an empty one."""
    from apps.schemas.manifest_form import as_yaml

    spec = manifest(kind, row, caller).get("spec")
    return as_yaml(spec) if spec else ""


def resource_context(kind: Kind, row: Resource, caller: Caller, *, has_runs: bool) -> Context:
    """What the template has beyond its head. `has_runs`: whether its last runs are shown apart."""
    from apps.schemas.in_words import declared_input, sections
    from apps.schemas.manifest_form import as_yaml

    shown = manifest(kind, row, caller)
    spec = shown.get("spec") or {}
    return {
        "facts": _facts(row, spec),
        "words": [
            (title, text, [] if title in PROSE else [line_of(line) for line in text.splitlines()])
            for title, text in (("Input", declared_input(row.annotations)), *sections(kind.name, spec))
            if text and title != AS_WRITTEN
        ],
        "health": health_of(kind, row, caller) if has_runs else None,
        "definition": yaml_block(as_yaml(shown)),
        "command": f"stigmer get {kind.noun} {row.slug} -o yaml",
        "observed": yaml_block(as_yaml(row.status)) if row.status else "",
    }


def _facts(row: Resource, spec: dict[str, Json]) -> list[tuple[str, str]]:
    """As `stigmer describe` begins; what is empty is left out."""
    annotations = {
        name: value
        for name, value in row.annotations.items()
        if name != INPUT_SCHEMA and not name.startswith(SDK_PREFIX)
    }
    found = [
        ("Description", str(spec.get("description", ""))),
        ("Labels", _listed(row.labels)),
        ("Tags", ", ".join(row.tags)),
        ("Annotations", _listed(annotations)),
    ]
    return [(name, value) for name, value in found if value]


def _listed(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(values.items()))
