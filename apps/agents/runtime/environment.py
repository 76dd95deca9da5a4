"""The variables of one run: template < environments in order < what was given to the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from apps.agents.runtime.errors import RunFailed
from apps.resources import actions, vault
from apps.resources.base import OwnerScope, Resource
from apps.resources.caller import SYSTEM, Caller
from apps.resources.codec import draft_from_json
from apps.resources.kind import Json
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.lookup import Reference, find_by_reference
from apps.resources.registry import BY_NAME

CONTEXT = BY_NAME["ExecutionContext"]
ENVIRONMENT = BY_NAME["Environment"]


@dataclass(frozen=True)
class Variable:
    value: str = field(repr=False)
    is_secret: bool = False


Environment = dict[str, Variable]


def open_environment(execution: AgentExecution) -> Environment:
    """The run's variables, kept as its ExecutionContext until `close_environment`.

    A run that is taken up again gets those that it began with. Raises RunFailed for an environment that
    is no longer there.
    """
    if execution.attempt > 1:
        stored = ExecutionContext.objects.filter(execution_id=execution.pk).first()
        if stored is not None:
            return dict(_values(stored, "data"))
    resolved = resolve(execution)
    if resolved:
        _keep(execution, resolved)
    return resolved


def close_environment(execution_id: str) -> None:
    for context_id in ExecutionContext.objects.filter(execution_id=execution_id).values_list("pk", flat=True):
        actions.delete(CONTEXT, context_id, SYSTEM)


def resolve(execution: AgentExecution) -> Environment:
    """Later sources win; a variable without a value is as good as not there."""
    instance = execution.session.agent_instance
    found: Environment = {}
    for source in (
        _values(instance.agent, "env_spec", "data"),
        *(_values(row, "data") for row in _referred(instance)),
        _values(execution, "runtime_env"),
    ):
        found.update((name, variable) for name, variable in source if variable.value)
    return found


def _referred(instance: Resource) -> Iterator[Resource]:
    for reference in (instance.spec or {}).get("environment_refs", []):
        slug, scope = reference.get("slug", ""), str(reference.get("scope", "unspecified"))
        wanted = Reference(slug, OwnerScope[scope.upper()], reference.get("org", ""))
        found = find_by_reference(ENVIRONMENT, wanted, Caller("system", instance.org))
        row = ENVIRONMENT.model.objects.filter(pk=found[0]).first() if found else None
        if row is None:
            raise RunFailed(f"environment {slug!r}, which instance {instance.slug!r} refers to, does not exist")
        yield row


def _values(row: Resource, *path: str) -> Iterator[tuple[str, Variable]]:
    """The variables in the map at `path` of a row's spec, secrets in clear."""
    data: dict[str, Json] = row.spec or {}
    for step in path:
        data = data.get(step, {})
    for name, entry in data.items():
        is_secret = bool(entry.get("is_secret"))
        sealed = row.secrets.get(f'spec.{".".join(path)}["{name}"]')
        yield name, Variable(_opened(sealed, name) if sealed else entry.get("value", ""), is_secret)


def _opened(sealed: str, name: str) -> str:
    try:
        return vault.unseal(sealed)
    except KeyError as missing:
        raise RunFailed(
            f"the value of {name} was encrypted with the key {missing}, which is not on this machine",
            hint="Restore the key file, or set the value again",
        ) from None


def _keep(execution: AgentExecution, environment: Environment) -> None:
    data = {name: {"value": variable.value, "is_secret": variable.is_secret} for name, variable in environment.items()}
    envelope = {"metadata": {"org": execution.org}, "spec": {"execution_id": execution.pk, "data": data}}
    actions.create(draft_from_json(CONTEXT, envelope, SYSTEM), SYSTEM)
