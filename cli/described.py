"""One resource as a page of text: what it is in words, and what has to do with it."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

from apps.shared.annotations import INPUT_SCHEMA, SDK_PREFIX
from apps.shared.counts import counted as number_of
from cli.events import as_table
from cli.output import BOLD, one_line, paint, pairs
from cli.resources import counted
from cli.runs.page import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.backends.resource import Resource
    from cli.around import Around


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
        ("Last runs", around.runs_table),
        ("Events", as_table(events) if (events := around.events) else ""),
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
        "Project": ", ".join(filter(None, around.owner or ())),
        "State": state(resource),
        "Description": resource.description,
        "Labels": listed(metadata.labels),
        "Tags": ", ".join(metadata.tags),
        "Annotations": listed({key: value for key, value in metadata.annotations.items() if is_shown(key)}),
        "With it": counted(around.belongings),
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
    return f"{word}, {number_of(len(checked.warnings), 'warning')}"


def enum_word(message: Any, field: str) -> str:
    """The name of the value that an enum field has, in lower case."""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    name: str = values[getattr(message, field)].name
    return name.lower()


def is_shown(annotation: str) -> bool:
    """Whether an annotation is for people, as it is written."""
    return annotation != INPUT_SCHEMA and not annotation.startswith(SDK_PREFIX)


def listed(values: Mapping[str, str]) -> str:
    """`team=web, tier=1`."""
    return ", ".join(f"{key}={value}" for key, value in sorted(values.items()))
