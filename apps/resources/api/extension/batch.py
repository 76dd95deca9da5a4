"""BatchController: many resources of many kinds in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator

import grpc
from stigmer_proto.controlplane.v1 import batch_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.services import Request, check
from apps.resources.errors import InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.kind import Action, Draft
from apps.resources.wire.codec import pack, unpack
from apps.resources.writes import actions
from apps.resources.writes.diff import ABSENT, FieldChange
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
        outcomes = actions.apply(self._drafts(request), self.caller, dry_run=request.dry_run)
        answer = batch_pb2.BatchApplyResponse()
        answer.results.extend(_applied(outcome, dry_run=request.dry_run) for outcome in outcomes)
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


def _applied(outcome: Outcome, *, dry_run: bool) -> batch_pb2.AppliedResource:
    kind, row = outcome.draft.kind, outcome.row
    is_new = outcome.action is Action.CREATED
    return batch_pb2.AppliedResource(
        kind=kind.name,
        slug=row.slug,
        org=row.org,
        id="" if dry_run and is_new else row.pk,
        action=ACTIONS[outcome.action],
        changes=_changes(outcome.changes),
        warnings=outcome.warnings,
        resource=None if dry_run else pack(kind, outcome.snapshot),
    )


def _changes(changes: list[FieldChange]) -> Iterator[batch_pb2.FieldChange]:
    for change in changes:
        yield batch_pb2.FieldChange(path=change.path, before_json=_json(change.before), after_json=_json(change.after))


def _json(value: Json) -> str:
    return "" if value is ABSENT else json.dumps(value, ensure_ascii=False)


SERVICES = (BatchService,)
