"""Starting a run of whatever can be run, by id or by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.crypto import salted_hmac

from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.errors import AlreadyExists, InvalidInput, Violation
from apps.resources.executions import reading
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.retries import Kept, retry_name
from apps.resources.json_value import Json
from apps.resources.kind import Kind
from apps.resources.kinds.agent_execution.actions import create_agent_execution
from apps.resources.kinds.workflow_execution.actions import create_workflow_execution
from apps.resources.registry import (
    AGENT,
    AGENT_EXECUTION,
    AGENT_INSTANCE,
    ENVIRONMENT,
    SESSION,
    WORKFLOW,
    WORKFLOW_EXECUTION,
    WORKFLOW_INSTANCE,
)
from apps.resources.running.names import get_named
from apps.resources.storage.lookup import Reference, find_by_reference, find_row, get_row
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes.naming import missing
from apps.resources.writes.outcome import Outcome
from apps.shared.annotations import REQUEST

REQUEST_SALT = "stigmer.run.request"

OF_THE_REQUEST = ("spec.runtime_env", "metadata.labels")
"""What a run is stored with under the name that the request has for it."""


@dataclass(frozen=True)
class Target:
    """Something that can be run, as callers name it."""

    kind: Kind
    field: str
    """Of the request: `agent_instance`."""
    spec_field: str
    """Of the run's spec, with the id of it."""
    run: ExecutionKind

    @property
    def is_agent(self) -> bool:
        return self.run is AGENT_EXECUTION


TARGETS = {
    target.field: target
    for target in (
        Target(AGENT, "agent", "agent_id", AGENT_EXECUTION),
        Target(AGENT_INSTANCE, "agent_instance", "", AGENT_EXECUTION),
        Target(SESSION, "session", "session_id", AGENT_EXECUTION),
        Target(WORKFLOW, "workflow", "workflow_id", WORKFLOW_EXECUTION),
        Target(WORKFLOW_INSTANCE, "workflow_instance", "workflow_instance_id", WORKFLOW_EXECUTION),
    )
}


@dataclass(frozen=True)
class RunRequest:
    """What to run and with what; StartRunRequest of the extension API says what each field means."""

    target: Target
    key: str
    """Its id or slug."""
    session: str = ""
    org: str = ""
    message: str = ""
    input: Mapping[str, Json] = field(default_factory=dict)
    input_texts: Mapping[str, str] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    runtime_env: Mapping[str, dict[str, Json]] = field(default_factory=dict, repr=False)
    model: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    version_id: str = ""
    """Of the workflow's definition; empty for that of today."""
    retry: Kept | None = None
    """Of a workflow: what it takes over of the run that it retries."""


def start_run(wanted: RunRequest, caller: Caller) -> bytes:
    """Store a run, PENDING, unless it was asked for before. Answers its envelope as it is now.

    Raises NotFound for what is to be run, InvalidInput with paths inside the request, and what creating a run of that
    kind raises.
    """
    found = _found(wanted, caller)
    if wanted.retry is None:  # else it has them as they were
        _check(wanted, found, caller)
    envelope = {"metadata": _metadata(wanted, found, caller), "spec": _spec(wanted, found)}
    create = _create_agent_run if wanted.target.is_agent else _create_workflow_run
    try:
        return create(wanted, found, envelope, caller).snapshot
    except InvalidInput as refused:
        raise InvalidInput([_in_request(each, wanted) for each in refused.violations], hint=refused.hint) from None
    except AlreadyExists as stored:
        if not wanted.request_id:
            raise
        return _asked_for_before(wanted, found, stored.resource_id, caller)


def _create_agent_run(wanted: RunRequest, found: Resource, envelope: dict[str, Json], caller: Caller) -> Outcome:
    draft = draft_from_json(AGENT_EXECUTION, envelope, caller)
    draft.taken_columns["environments"] = list(wanted.environments)
    instance_id = found.pk if wanted.target.kind is AGENT_INSTANCE else ""
    return create_agent_execution(draft, caller, instance_id=instance_id)


def _create_workflow_run(wanted: RunRequest, found: Resource, envelope: dict[str, Json], caller: Caller) -> Outcome:
    del found  # the spec names it
    draft = draft_from_json(WORKFLOW_EXECUTION, envelope, caller)
    if wanted.version_id:
        draft.taken_columns["definition_version_id"] = wanted.version_id
    draft.taken_columns["environments"] = list(wanted.environments)
    return create_workflow_execution(draft, caller, typed=wanted.input, retry=wanted.retry)


def _found(wanted: RunRequest, caller: Caller) -> Resource:
    kind = wanted.target.kind
    if kind is SESSION:  # by its id alone
        return get_row(kind, wanted.key, caller)
    return get_named(kind, wanted.key, wanted.org, caller)


def _check(wanted: RunRequest, found: Resource, caller: Caller) -> None:
    """Raise InvalidInput for what is not for this kind of run, and for environments that do not exist."""
    target = wanted.target
    violations = []
    if target.is_agent and (wanted.input or wanted.input_texts):
        violations.append(Violation("input", "is for workflows; an agent gets a message"))
    if wanted.model and not target.is_agent:
        violations.append(Violation("model", f"is for agents, and {found.slug!r} is a workflow"))
    if wanted.session and not target.is_agent:
        violations.append(Violation("session", f"is for agents, and {found.slug!r} is a workflow"))
    violations += [
        Violation(f'input_texts["{name}"]', "is in input, too")
        for name in sorted(wanted.input.keys() & wanted.input_texts.keys())
    ]
    violations += [
        Violation(f"environments[{index}]", missing(ENVIRONMENT.name, reference))
        for index, reference in enumerate(Reference(slug, org=found.org) for slug in wanted.environments)
        if find_by_reference(ENVIRONMENT, reference, caller) is None
    ]
    if violations:
        raise InvalidInput(violations)


def _metadata(wanted: RunRequest, found: Resource, caller: Caller) -> dict[str, Json]:
    notes = dict(wanted.annotations)
    metadata: dict[str, Json] = {"labels": dict(wanted.labels), "annotations": notes}
    metadata["org"] = found.org or wanted.org
    if wanted.retry is not None:
        metadata["name"] = retry_name(wanted.retry.of)
    if wanted.request_id:
        asked = json.dumps([caller.actor, wanted.request_id])
        metadata["name"] = f"request-{hashlib.sha256(asked.encode()).hexdigest()[:40]}"
        notes[REQUEST] = _digest(wanted, found)
    return metadata


def _spec(wanted: RunRequest, found: Resource) -> dict[str, Json]:
    spec: dict[str, Json] = {"runtime_env": dict(wanted.runtime_env)}
    if wanted.target.spec_field:
        spec[wanted.target.spec_field] = found.pk
    if wanted.session:
        spec["session_id"] = wanted.session
    if not wanted.target.is_agent:
        return {**spec, "trigger_message": wanted.message, "trigger_metadata": dict(wanted.input_texts)}
    config = {"execution_config": {"model_name": wanted.model}} if wanted.model else {}
    return {**spec, **config, "message": wanted.message}


def _digest(wanted: RunRequest, found: Resource) -> str:
    """What tells two requests apart, and nothing else: nobody finds out by it what was asked for."""
    asked = [
        *(wanted.target.field, found.pk, wanted.session, wanted.message, wanted.model, wanted.environments),
        *(dict(wanted.input), dict(wanted.input_texts), dict(wanted.runtime_env), dict(wanted.labels)),
    ]
    return salted_hmac(REQUEST_SALT, json.dumps(asked, sort_keys=True), algorithm="sha256").hexdigest()


def _asked_for_before(wanted: RunRequest, found: Resource, execution_id: str, caller: Caller) -> bytes:
    kind = wanted.target.run
    row = find_row(kind, execution_id, caller)
    if row is None or row.annotations.get(REQUEST) != _digest(wanted, found):
        raise InvalidInput.at("request_id", "was used before, for another run")
    return reading.get_snapshot(kind, execution_id, caller)


def _in_request(violation: Violation, wanted: RunRequest) -> Violation:
    """A complaint about the envelope that was made of the request, by the place that the caller wrote."""
    for place, field_name in {
        "spec.trigger_message": "message",
        "spec.message": "message",
        "spec.trigger_metadata": "input",
        "spec.execution_config.model_name": "model",
        "spec.session_id": "session",
        f"spec.{wanted.target.spec_field or 'agent_id'}": wanted.target.field,
    }.items():
        if violation.path.startswith(place):
            return Violation(f"{field_name}{violation.path.removeprefix(place)}", violation.description)
    if violation.path.startswith(OF_THE_REQUEST):
        return Violation(violation.path.removeprefix("spec.").removeprefix("metadata."), violation.description)
    return violation  # of what is run: its own path says where
