"""The variables of one run: template < environments of the instance in order < those of the run < its own values.

Resolved when the run begins (an agent's) or is created (a workflow's), and kept as its ExecutionContext, which goes
with the end of the run (`actions.finish`) or with the run itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from apps.resources.base import Resource
from apps.resources.caller import SYSTEM, Caller
from apps.resources.executions import steps
from apps.resources.executions.model import Execution, Phase
from apps.resources.json_value import Json
from apps.resources.kind import Draft
from apps.resources.kinds.environment.model import Environment
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.kinds.mcp_server.model import McpServer
from apps.resources.permission.callers import on_behalf_of
from apps.resources.registry import BY_MODEL, ENVIRONMENT, EXECUTION_CONTEXT, MCP_SERVER
from apps.resources.run_errors import EnvironmentMissing, LeaseLost, SecretUnreadable, SecretUnset
from apps.resources.secrets import vault
from apps.resources.storage.lookup import Reference, find_named
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


def resolve_variables(template: HoldsVariables, instance: Resource, run: Execution) -> Variables:
    """Later sources win; a variable without a value is as good as not there.

    `template` is what the instance is of; those of a stored server that it uses are called `<server>/<name>`. Raises
    EnvironmentMissing, SecretUnreadable, SecretUnset for what an environment declares and nothing gives a value.
    """
    caller = on_behalf_of(run.created_by, run.org)
    environments = [*_environments(instance, run.environments, caller)]
    found = _of_templates(template, run.org, caller)
    for environment in environments:
        found.update(_variables(environment, "data"))
    found.update(_variables(run, "runtime_env"))
    for environment in environments:
        for name in _unset(environment):
            if name not in found:
                raise SecretUnset(environment.slug, name)
    return found


def given_variables(run: Execution) -> Variables:
    """Those that a run itself was given, secrets in clear. Raises SecretUnreadable."""
    return dict(_variables(run, "runtime_env"))


def masker_of_draft(draft: Draft, template: HoldsVariables, instance: Resource, caller: Caller) -> Masker:
    """Knows the secrets that a run about to be created will have, as far as they can be read.

    What cannot be read is told when the run needs it.
    """
    found: dict[str, str] = {}
    owner = on_behalf_of(caller.actor, instance.org)
    with suppress(EnvironmentMissing, SecretUnreadable):
        found.update(secret_values(_of_templates(template, instance.org, owner)))
        for environment in _environments(instance, draft.taken_columns.get("environments", ()), owner):
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


def put_variables_aside(execution_id: str) -> None:
    """Keep those of a run that ends, sealed, for whoever retries it. Raises SecretUnreadable."""
    kept = {name: [each.value, each.is_secret] for name, each in kept_variables(execution_id).items()}
    steps.put_aside(execution_id, vault.seal(json.dumps(kept)))


def variables_put_aside(execution_id: str) -> Variables | None:
    """Those of a run that has failed; None where they are not kept. Raises SecretUnreadable."""
    record = steps.find_aside(execution_id)
    if record is None:
        return None
    return {name: Variable(*each) for name, each in json.loads(_opened(record.result, "its variables")).items()}


def masker_of_run(execution_id: str) -> Masker:
    """Knows the secrets that a run under way began with; what cannot be read cannot be told either."""
    try:
        return Masker(secret_values(kept_variables(execution_id)))
    except SecretUnreadable:
        return NOTHING_SECRET


def _environments(instance: Resource, named: Iterable[str], caller: Caller) -> Iterator[Environment]:
    """The environments that an instance refers to, then those named by slug, as the owner of the run sees them."""
    for reference in BY_MODEL[type(instance)].references_in(instance.spec or {}):
        if reference.field.kind == ENVIRONMENT.name:
            wanted = Reference.from_spec(reference, instance.org)
            yield _environment(wanted, caller, f"instance {instance.slug!r}")
    for slug in named:
        yield _environment(Reference(slug), caller, "the run")


def _environment(wanted: Reference, caller: Caller, whose: str) -> Environment:
    row = find_named(ENVIRONMENT, wanted, caller)
    if row is None:
        raise EnvironmentMissing(wanted.slug, whose)
    return row


def _of_templates(template: HoldsVariables, org: str, caller: Caller) -> Variables:
    """What a template and the stored servers that it uses bring along."""
    found: Variables = {}
    for name, server in stored_servers(template, org, caller).items():
        if server is not None:
            own = _variables(server, "env_spec", "data")
            found.update((f"{name}/{variable}", value) for variable, value in own)
    found.update(_variables(template, "env_spec", "data"))
    return found


def stored_servers(template: HoldsVariables, org: str, caller: Caller) -> dict[str, McpServer | None]:
    """The stored MCP servers that a template of `org` uses, by name; None for one that is gone."""
    if not isinstance(template, Resource):  # a revision, of a workflow
        return {}
    return {
        reference.slug: find_named(MCP_SERVER, Reference.from_spec(reference, org), caller)
        for reference in BY_MODEL[type(template)].references_in(template.spec or {})
        if reference.field.kind == MCP_SERVER.name
    }


def _unset(environment: Environment) -> Iterator[str]:
    """The secrets that it declares without a value."""
    for name, entry in ((environment.spec or {}).get("data") or {}).items():
        if entry.get("is_secret") and not entry.get("value"):
            yield name


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
