"""Creating a run of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.executions.actions import start
from apps.resources.executions.retries import Kept
from apps.resources.executions.variables import masker_of_draft
from apps.resources.json_value import Json
from apps.resources.kind import Draft
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.kinds.workflow_execution.run_input import RunInput, as_text, declared_input
from apps.resources.kinds.workflow_instance.model import WorkflowInstance
from apps.resources.registry import WORKFLOW, WORKFLOW_EXECUTION, WORKFLOW_INSTANCE
from apps.resources.storage.lookup import find_row, visible
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.wire.codec import with_spec_fields
from apps.resources.writes import integrity
from apps.resources.writes.batch import IdentityTaken, WriteBatch
from apps.resources.writes.default_instances import FIELD
from apps.resources.writes.naming import id_missing, with_ids
from apps.resources.writes.outcome import Outcome

NOTHING: Final[Mapping[str, Json]] = MappingProxyType({})


@repeatable
def create_workflow_execution(
    draft: Draft[WorkflowExecution],
    caller: Caller,
    *,
    typed: Mapping[str, Json] = NOTHING,
    retry: Kept | None = None,
) -> Outcome[WorkflowExecution]:
    """Store a PENDING run of an instance, or of a workflow's default instance, with its definition pinned.

    Its input is `typed` and the texts of the draft's `trigger_metadata`, read as the workflow declares them; all of it
    stands in `trigger_metadata` in the end. A draft that names the version of a definition gets that one. As a `retry`
    it takes over what another run has done, and its input as that was.

    Raises InvalidInput when neither is given, does not exist, or the two disagree, and for tasks that
    this version cannot run; AlreadyExists when the run's name is taken; EngineUnavailable. Nothing is
    stored then.
    """
    try:
        with write_transaction():
            [draft] = with_ids(WORKFLOW_EXECUTION, [draft], caller)
            instance, asked = _instance(draft, caller), draft.spec or {}
            masker = masker_of_draft(draft, instance.workflow, instance, caller)
            given = RunInput(typed, asked.get("trigger_metadata") or {})
            version_id = draft.taken_columns.setdefault("definition_version_id", instance.workflow.version_id)
            if version_id == instance.workflow.version_id and retry is None:
                given = declared_input(given, instance.workflow, masker)
            values = masker.value(given.values)
            draft = with_spec_fields(
                draft,
                workflow_instance_id=instance.pk,
                workflow_id=instance.workflow_id,
                trigger_message=masker.text(asked.get("trigger_message", "")),
                trigger_metadata={name: as_text(value) for name, value in values.items()},
            )
            draft.metadata.org, draft.parent = draft.metadata.org or instance.org, instance
            draft.taken_columns |= {"input": values, "target_id": instance.workflow_id}
            integrity.check(WORKFLOW_EXECUTION, [draft], caller)
            batch = WriteBatch(WORKFLOW_EXECUTION, caller)
            asked = {**asked, "trigger_metadata": dict(given.texts), "input": dict(given.typed), "retry": retry}
            done = retry.events() if retry else ()
            outcome = start(WORKFLOW_EXECUTION, batch, draft, asked, events=done)
            batch.save()
            return outcome
    except IdentityTaken as taken:
        raise taken.explained() from None


def _instance(draft: Draft, caller: Caller) -> WorkflowInstance:
    spec = draft.spec or {}
    instance_id, workflow_id = spec.get("workflow_instance_id", ""), spec.get("workflow_id", "")
    if not (instance_id or workflow_id):
        raise InvalidInput.at("spec", "needs a workflow_instance_id or a workflow_id: what to run")
    if not instance_id:
        return _default_instance(workflow_id, draft.metadata.org, caller)
    instance = visible(WORKFLOW_INSTANCE, caller).select_related("workflow").filter(pk=instance_id).first()
    if instance is None:
        problem = id_missing(WORKFLOW_INSTANCE.name, instance_id, draft.metadata.org)
        raise InvalidInput.at("spec.workflow_instance_id", problem)
    if workflow_id and workflow_id != instance.workflow_id:
        raise InvalidInput.at(
            "spec.workflow_id", f"is {workflow_id}, but {instance_id} belongs to {instance.workflow_id}"
        )
    return instance


def _default_instance(workflow_id: str, org: str, caller: Caller) -> WorkflowInstance:
    workflow = find_row(WORKFLOW, workflow_id, caller)
    if workflow is None:
        raise InvalidInput.at("spec.workflow_id", id_missing(WORKFLOW.name, workflow_id, org))
    instance = find_row(WORKFLOW_INSTANCE, workflow.status.get(FIELD, ""), caller)
    if instance is None:
        raise InvalidInput.at("spec.workflow_id", f"workflow {workflow.slug!r} has no default instance: apply it again")
    instance.workflow = workflow
    return instance
