"""The variables of one run: template < environments in order < what was given to the run.

Resolved when the run begins (an agent's) or is created (a workflow's), and kept as its ExecutionContext, which goes
with the end of the run (`actions.finish`) or with the run itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from apps.resources.base import Resource
from apps.resources.caller import SYSTEM, Caller, on_behalf_of
from apps.resources.errors import EnvironmentMissing, LeaseLost, SecretUnreadable
from apps.resources.executions.model import Execution, Phase
from apps.resources.json_value import Json
from apps.resources.kind import Draft
from apps.resources.kinds.environment.model import Environment
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.registry import BY_MODEL, ENVIRONMENT, EXECUTION_CONTEXT
from apps.resources.secrets import vault
from apps.resources.storage.lookup import Reference, find_by_reference, find_row
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from apps.shared.masking import NOTHING_SECRET, Masker


@dataclass(frozen=True)
class Variable:
    value: str = field(repr=False)
    is_secret: bool = False


Variables = dict[str, Variable]


def secret_values(variables: Variables) -> dict[str, str]:
    return {name: variable.value for name, variable in variables.items() if variable.is_secret}


class HoldsVariables(Protocol):
    """A spec with the ciphertexts of its secrets by path: a row, or a revision that is pinned to a run."""

    @property
    def spec(self) -> Json: ...

    @property
    def secrets(self) -> Mapping[str, str]: ...


def open_variables(template: HoldsVariables, instance: Resource, run: Execution) -> Variables:
    """The run's variables, resolved and kept; one that is taken up again gets those that it began with.

    Raises as `resolve_variables` and `keep_variables` do.
    """
    if run.attempt > 1 and (began_with := kept_variables(run.pk)):
        return began_with
    variables = resolve_variables(template, instance, run)
    keep_variables(run, variables)
    return variables


def resolve_variables(template: HoldsVariables, instance: Resource, run: Resource) -> Variables:
    """Later sources win; a variable without a value is as good as not there.

    `template` is what the instance is of. Raises EnvironmentMissing, SecretUnreadable.
    """
    found: Variables = {}
    found.update(_variables(template, "env_spec", "data"))
    for environment in _environments(instance, on_behalf_of(run.created_by, run.org)):
        found.update(_variables(environment, "data"))
    found.update(_variables(run, "runtime_env"))
    return found


def masker_of_draft(draft: Draft, template: HoldsVariables, instance: Resource, caller: Caller) -> Masker:
    """Knows the secrets that a run about to be created will have, as far as they can be read.

    What cannot be read is told when the run needs it.
    """
    found: dict[str, str] = {}
    with suppress(EnvironmentMissing, SecretUnreadable):
        found.update(secret_values(dict(_variables(template, "env_spec", "data"))))
        for environment in _environments(instance, on_behalf_of(caller.actor, instance.org)):
            found.update(secret_values(dict(_variables(environment, "data"))))
    return Masker(found | draft.secrets)


def keep_variables(run: Execution, variables: Variables) -> None:
    """Store them as the run's ExecutionContext, secrets sealed; none for a run without any.

    Raises LeaseLost for a run that is no longer in progress with the lease that `run` was claimed with: nothing
    would delete its context any more.
    """
    if not variables:
        return
    data = {name: {"value": each.value, "is_secret": each.is_secret} for name, each in variables.items()}
    envelope = {"metadata": {"org": run.org}, "spec": {"execution_id": run.pk, "data": data}}
    draft = draft_from_json(EXECUTION_CONTEXT, envelope, SYSTEM)
    with write_transaction():
        is_new = run._state.adding  # being created in this transaction: nobody can have ended it
        rows = type(run).objects.filter(pk=run.pk, phase=Phase.IN_PROGRESS, lease_owner=run.lease_owner)
        if not (is_new or rows.exists()):
            raise LeaseLost(run.pk)
        actions.create(draft, SYSTEM)


def kept_variables(execution_id: str) -> Variables:
    """What a run under way began with. Raises SecretUnreadable."""
    row = ExecutionContext.objects.filter(execution_id=execution_id).first()
    return dict(_variables(row, "data")) if row else {}


def masker_of_run(execution_id: str) -> Masker:
    """Knows the secrets that a run under way began with; what cannot be read cannot be told either."""
    try:
        return Masker(secret_values(kept_variables(execution_id)))
    except SecretUnreadable:
        return NOTHING_SECRET


def _environments(instance: Resource, caller: Caller) -> Iterator[Environment]:
    """The environments that an instance refers to, in order, as the owner of the run sees them."""
    for reference in BY_MODEL[type(instance)].references_in(instance.spec or {}):
        if reference.field.kind != ENVIRONMENT.name:
            continue
        wanted = Reference.from_spec(reference.value)
        found = find_by_reference(ENVIRONMENT, wanted, caller)
        row = find_row(ENVIRONMENT, found[0], caller) if found else None
        if row is None:
            raise EnvironmentMissing(wanted.slug, instance.slug)
        yield row


def _variables(holder: HoldsVariables, *path: str) -> Iterator[tuple[str, Variable]]:
    """The variables in the map at `path` of a spec, secrets in clear."""
    data: dict[str, Json] = holder.spec or {}
    for step in path:
        data = data.get(step) or {}
    place = ".".join(["spec", *path])
    for name, entry in data.items():
        sealed = holder.secrets.get(f'{place}["{name}"]')
        value = _opened(sealed, name) if sealed else entry.get("value", "")
        if value:
            yield name, Variable(value, bool(entry.get("is_secret")))


def _opened(sealed: str, name: str) -> str:
    try:
        return vault.unseal(sealed)
    except KeyError as missing:
        raise SecretUnreadable(name, str(missing.args[0])) from None
