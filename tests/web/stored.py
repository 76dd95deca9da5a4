"""Resources in the test's own database, written as everything is: by actions."""

from __future__ import annotations

from typing import Any

from apps.resources import actions
from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.codec import draft_from_json
from apps.resources.kind import Draft, Json, Kind
from apps.resources.registry import BY_NAME
from tests.factories import AGENT_SPEC, WORKFLOW_SPEC

INSTANCE_FIELDS = {"AgentInstance": "agent_id", "WorkflowInstance": "workflow_id"}
PARENTS = {"AgentInstance": "Agent", "WorkflowInstance": "Workflow"}
SPECS: dict[str, dict[str, Json]] = {"Agent": AGENT_SPEC, "Workflow": WORKFLOW_SPEC}


def store(kind_name: str, name: str, spec: dict[str, Json] | None = None, **metadata: Json) -> Resource:
    """Create or update one resource; one with a parent gets a parent of its own unless the spec names one."""
    return actions.apply([draft(kind_name, name, spec, **metadata)], LOCAL)[0].row


def draft(kind_name: str, name: str, spec: dict[str, Json] | None = None, **metadata: Json) -> Draft:
    wanted = spec if spec is not None else default_spec(kind_name, name)
    envelope = {"metadata": {"name": name, "owner_scope": "organization", **metadata}, "spec": wanted}
    return draft_from_json(BY_NAME[kind_name], envelope, LOCAL)


def default_spec(kind_name: str, name: str) -> dict[str, Json]:
    if kind_name in PARENTS:
        parent = store(PARENTS[kind_name], f"parent of {name}")
        return {INSTANCE_FIELDS[kind_name]: parent.pk}
    return SPECS[kind_name]


def one_of(kind: Kind, name: str) -> Resource:
    """A stored resource of any kind; the organization is the one there is."""
    if kind.name == "Organization":
        found: Resource = kind.model.objects.get(slug="local")
        return found
    return store(kind.name, name)


def form_of(page: Any) -> dict[str, str]:
    """What the form on an answered page would send if nothing were typed."""
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else str(value) for name, value in values.items()}
