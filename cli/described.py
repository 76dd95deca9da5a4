"""One resource as a page of text: what it is in words, and what has to do with it."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from apps.shared.annotations import INPUT_SCHEMA, SDK_PREFIX
from cli.output import BOLD, one_line, paint, pairs, table
from cli.runs.page import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apps.backends.resource import Resource
    from apps.backends.revisions import Revision


class Around(NamedTuple):
    """What has to do with a resource: who refers to it (`agent-instance/web`), its last runs as a table, revisions.

    `project` is what owns it, with its directory where that is known; "" for none. `instances` are slugs of those of an
    agent or a workflow, and `belongings` counts all that goes with it (`2 agent instances and 1 session`).
    """

    users: Sequence[str]
    runs: str
    revisions: Sequence[Revision]
    project: str = ""
    instances: Sequence[str] = ()
    belongings: str = ""


def page_of(resource: Resource, around: Around) -> str:
    """The whole page."""
    from apps.schemas.in_words import declared_input, sections
    from apps.schemas.manifest_form import plain

    blocks = ["\n".join(pairs(facts(resource, around)))]
    below = [
        ("Input", declared_input(resource.message.metadata.annotations)),
        *sections(resource.kind.name, plain(resource.message.spec)),
        ("Instances", "\n".join(around.instances)),
        ("Used by", "\n".join(around.users)),
        ("Last runs", around.runs),
        ("Revisions", history(around.revisions) if around.revisions else ""),
    ]
    blocks += [f"{paint(title, BOLD, sys.stdout)}\n{textwrap.indent(body, '  ')}" for title, body in below if body]
    return "\n\n".join(blocks)


def facts(resource: Resource, around: Around) -> dict[str, str]:
    """What every kind has; what is empty is left out."""
    metadata, audit = resource.message.metadata, resource.message.status.audit.spec_audit
    newest = around.revisions[0] if around.revisions else None
    found = {
        resource.kind.name: metadata.name if metadata.name == resource.slug else f"{metadata.name} ({resource.slug})",
        "Id": metadata.id,
        **({"Organization": metadata.org} if metadata.org else {}),  # an organization is in none
        "Project": around.project,
        "State": state(resource),
        "Description": resource.description,
        "Labels": listed(metadata.labels),
        "Tags": ", ".join(metadata.tags),
        "Annotations": listed({key: value for key, value in metadata.annotations.items() if is_shown(key)}),
        "With it": around.belongings,
        "Created": clock(audit.created_at.seconds),
        "Changed": clock(resource.updated) if newest is None or newest.number > 1 else "",
        "Revision": str(newest.number) if newest else "",
    }
    return {name: one_line(value) for name, value in found.items() if value}


def state(resource: Resource) -> str:
    """Whether a skill's archive, or a workflow, can be used: `ready`, `valid, 2 warnings`; "" for every other kind."""
    status = resource.message.status
    if resource.kind.name == "Skill":
        return enum_word(status, "state").removeprefix("skill_state_") if status.state else ""
    if resource.kind.name != "Workflow":
        return ""
    checked = status.serverless_workflow_validation
    word = enum_word(checked, "state") if checked.state else ""
    if not checked.warnings:
        return word
    return f"{word}, {len(checked.warnings)} warning{'s' if len(checked.warnings) > 1 else ''}"


def enum_word(message: Any, field: str) -> str:
    """The name of the value that an enum field has, in lower case."""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    name: str = values[getattr(message, field)].name
    return name.lower()


def is_shown(annotation: str) -> bool:
    """Whether an annotation is for people, as it is written."""
    return annotation != INPUT_SCHEMA and not annotation.startswith(SDK_PREFIX)


def history(revisions: Sequence[Revision]) -> str:
    """The last revisions."""
    from cli.revisions import changed

    rows = [(str(each.number), clock(each.at), each.actor, changed(each.changes)) for each in revisions]
    return table(("REVISION", "WHEN", "BY", "CHANGED"), rows, width=1000)


def listed(values: Mapping[str, str]) -> str:
    """`team=web, tier=1`."""
    return ", ".join(f"{key}={value}" for key, value in sorted(values.items()))
