"""BatchController: many resources of many kinds in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator

import grpc
from stigmer_proto.controlplane.v1 import batch_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.extension.projects import leaving_message
from apps.resources.api.services import Request, check
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.kind import Action, Draft
from apps.resources.wire.codec import pack, unpack
from apps.resources.writes import actions
from apps.resources.writes.diff import ABSENT, FieldChange
from apps.resources.writes.inventory import Ownership, Place, ProjectOutcome, apply_project
from apps.resources.writes.outcome import Outcome

ACTIONS = {
    Action.CREATED: batch_pb2.APPLY_ACTION_CREATED,
    Action.UPDATED: batch_pb2.APPLY_ACTION_UPDATED,
    Action.UNCHANGED: batch_pb2.APPLY_ACTION_UNCHANGED,
    Action.DELETED: batch_pb2.APPLY_ACTION_DELETED,
}


class BatchService(Service):
    full_name = "ai.stigmer.controlplane.v1.BatchController"

    def apply(self, request: Request, context: grpc.ServicerContext) -> batch_pb2.BatchApplyResponse:
        del context
        check(request)
        ownership = _ownership(request, self.caller)
        drafts = self._drafts(request)
        if ownership is None:
            done = ProjectOutcome(actions.apply(drafts, self.caller, dry_run=request.dry_run))
        else:
            done = apply_project(drafts, ownership, self.caller, dry_run=request.dry_run)
        answer = batch_pb2.BatchApplyResponse(plan=done.plan, moved_from=done.moved_from)
        answer.results.extend(applied(outcome, dry_run=request.dry_run) for outcome in done.outcomes)
        answer.no_longer_declared.extend(map(leaving_message, done.no_longer_declared))
        answer.deleted.extend(map(leaving_message, done.deleted))
        return answer

    def _drafts(self, request: Request) -> list[Draft]:
        """Every resource decoded; raises InvalidInput with the violations of all of them."""
        drafts: list[Draft] = []
        violations: list[Violation] = []
        for index, packed in enumerate(request.resources):
            place = f"resources[{index}]."
            try:
                draft = unpack(packed, self.caller)
            except InvalidInput as error:
                violations += [violation.under(place) for violation in error.violations]
                continue
            draft.place = place
            draft.metadata.version_message = draft.metadata.version_message or request.message
            drafts.append(draft)
        if violations:
            raise InvalidInput(violations)
        return drafts


def _ownership(request: Request, caller: Caller) -> Ownership | None:
    """As which project to apply; None for none. Raises InvalidInput for what only a project can do."""
    if not request.project:
        alone = [
            name for name in ("project_org", "whole", "prune", "take_over", "prune_plan") if getattr(request, name)
        ]
        alone += [name for name in ("place", "notifies") if request.HasField(name)]
        if alone:
            raise InvalidInput(Violation(name, "needs `project`, too") for name in alone)
        return None
    if not request.project.isprintable() or not request.project.strip():
        raise InvalidInput.at("project", f"{request.project!r} holds characters that cannot be printed, or none")
    if request.prune and not request.whole:
        raise InvalidInput.at("prune", "needs `whole`: what is no longer declared is known from everything that is")
    return Ownership(
        org=request.project_org or caller.org,
        name=request.project,
        is_whole=request.whole,
        prunes=request.prune,
        takes_over=request.take_over,
        plan=request.prune_plan,
        message=request.message,
        place=Place(request.place.root, request.place.python) if request.HasField("place") else None,
        notifies=request.notifies.value if request.HasField("notifies") else None,
    )


def applied(outcome: Outcome, *, dry_run: bool) -> batch_pb2.AppliedResource:
    kind, row = outcome.draft.kind, outcome.row
    is_new = outcome.action is Action.CREATED
    return batch_pb2.AppliedResource(
        kind=kind.name,
        slug=row.slug,
        org=row.org,
        id="" if dry_run and is_new else row.pk,
        action=ACTIONS[outcome.action],
        changes=field_changes(outcome.changes),
        warnings=outcome.warnings,
        resource=None if dry_run else pack(kind, outcome.snapshot),
    )


def field_changes(changes: list[FieldChange]) -> Iterator[batch_pb2.FieldChange]:
    for change in changes:
        yield batch_pb2.FieldChange(path=change.path, before_json=_json(change.before), after_json=_json(change.after))


def _json(value: Json) -> str:
    return "" if value is ABSENT else json.dumps(value, ensure_ascii=False)


SERVICES = (BatchService,)
