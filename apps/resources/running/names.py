"""What runs are of: found by name, and named."""

from __future__ import annotations

from collections.abc import Iterable

from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.errors import NotFound
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution
from apps.resources.identity import is_id
from apps.resources.kind import Kind
from apps.resources.registry import AGENT, AGENT_EXECUTION, EXECUTION_KINDS, WORKFLOW, WORKFLOW_EXECUTION
from apps.resources.storage.inventory import get_project, in_project, visible_projects
from apps.resources.storage.lookup import Reference, find_by_reference, find_row, visible


def get_named(kind: Kind, key: str, org: str, caller: Caller) -> Resource:
    """By id or slug. Raises NotFound."""
    row = find_row(kind, key, caller) if is_id(key, kind.prefix) else None
    if row is None and key:
        named = find_by_reference(kind, Reference(key, org=org), caller)
        row = find_row(kind, named[0], caller) if named else None
    if row is None:
        raise NotFound(kind.name, key)
    return row


def names_of(rows: Iterable[Execution], caller: Caller) -> dict[str, str]:
    """The slugs of the agents and workflows that these runs are of, by id; those that are gone are left out."""
    ids = {row.target_id for row in rows}
    found: dict[str, str] = {}
    for kind in (AGENT, WORKFLOW):
        some = [each for each in ids if each.startswith(f"{kind.prefix}-")]
        found |= dict(visible(kind, caller).filter(pk__in=some).values_list("pk", "slug")) if some else {}
    return found


def wanted_targets(
    agent: str, workflow: str, project: str, org: str, caller: Caller
) -> tuple[tuple[ExecutionKind, ...], list[str] | None]:
    """The kinds of runs, and the ids of what they are of, None for whatever. Raises NotFound."""
    if agent:
        return (AGENT_EXECUTION,), [get_named(AGENT, agent, org, caller).pk]
    if workflow:
        return (WORKFLOW_EXECUTION,), [get_named(WORKFLOW, workflow, org, caller).pk]
    if project:
        owner = get_project(org or caller.org, project, caller)
        rows = [in_project(visible(kind, caller), owner) for kind in (AGENT, WORKFLOW)]
        return EXECUTION_KINDS, [pk for some in rows for pk in some.values_list("pk", flat=True)]
    return EXECUTION_KINDS, None


def owners_of_agents(caller: Caller) -> dict[str, str]:
    """The names of the projects that own agents, by the ids of these, as far as `caller` sees both."""
    found = visible_projects(caller).filter(inventory__kind=AGENT.name)
    return dict(found.values_list("inventory__resource_id", "name"))
