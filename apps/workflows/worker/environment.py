"""The variables of a run: the template's, overridden by the environments in order, overridden by the run's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from apps.resources import actions, vault
from apps.resources.base import Resource, Revision
from apps.resources.caller import SYSTEM, Caller
from apps.resources.codec import draft_from_json
from apps.resources.kinds.environment.model import Environment
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.lookup import Reference, find_by_reference
from apps.resources.registry import BY_NAME
from apps.workflows.values import Json

_KIND = "ExecutionContext"


@dataclass(frozen=True)
class Variable:
    value: str = field(repr=False)
    is_secret: bool


Variables = dict[str, Variable]


def resolve(
    template: dict[str, Json], template_secrets: dict[str, str], instance: Resource, run: Resource
) -> tuple[Variables, list[str]]:
    """The variables of a run, and the names of those that are declared and have no value.

    `template` is the pinned spec and `template_secrets` its ciphertexts by path.
    """
    declared = (template.get("env_spec") or {}).get("data") or {}
    found = dict(_variables(declared, template_secrets, "spec.env_spec.data"))
    for row in _environments(instance):
        found |= dict(_variables((row.spec or {}).get("data") or {}, row.secrets, "spec.data"))
    found |= dict(_variables((run.spec or {}).get("runtime_env") or {}, run.secrets, "spec.runtime_env"))
    return found, sorted(declared.keys() - found.keys())


def create_context(execution_id: str, variables: Variables) -> None:
    """Store the resolved variables as the run's ExecutionContext, secrets sealed. Nothing for a run without any."""
    if not variables:
        return
    data = {name: {"value": each.value, "is_secret": each.is_secret} for name, each in variables.items()}
    spec = {"execution_id": execution_id, "data": data}
    actions.create(draft_from_json(BY_NAME[_KIND], {"metadata": {}, "spec": spec}, SYSTEM), SYSTEM)


def secrets_of(execution_id: str) -> dict[str, str]:
    """The secret values of a run under way, by name."""
    row = ExecutionContext.objects.filter(execution_id=execution_id).first()
    if row is None:
        return {}
    data = (row.spec or {}).get("data") or {}
    return {name: each.value for name, each in _variables(data, row.secrets, "spec.data") if each.is_secret}


def delete_context(execution_id: str) -> None:
    """What the run knew is gone with it, its revisions too: they hold the secrets as well."""
    for context_id in ExecutionContext.objects.filter(execution_id=execution_id).values_list("pk", flat=True):
        actions.delete(BY_NAME[_KIND], context_id, SYSTEM)
        Revision.objects.filter(resource_id=context_id).delete()


def _variables(data: dict[str, Json], secrets: dict[str, str], path: str) -> Iterator[tuple[str, Variable]]:
    for name, entry in data.items():
        sealed = secrets.get(f'{path}["{name}"]')
        value = vault.unseal(sealed) if sealed else entry.get("value", "")
        if value:
            yield name, Variable(value, bool(entry.get("is_secret")))


def _environments(instance: Resource) -> Iterator[Environment]:
    """The environments of an instance in order; one that was deleted meanwhile gives nothing."""
    kind = BY_NAME["Environment"]
    caller = Caller(actor="system", org=instance.org)
    for reference in (instance.spec or {}).get("env_refs") or []:
        wanted = Reference(
            slug=reference.get("slug", ""),
            owner_scope=_scope_number(reference.get("scope")),
            org=reference.get("org", ""),
        )
        row = find_by_reference(kind, wanted, caller)
        if row is not None:
            yield Environment.objects.get(pk=row[0])


def _scope_number(scope: Json) -> int:
    """An owner scope as a JSON enum: its name, or its number."""
    if isinstance(scope, int):
        return scope
    names = ("platform", "organization", "identity_account")
    return next((number for number, name in enumerate(names, start=1) if str(scope or "").endswith(name)), 0)
