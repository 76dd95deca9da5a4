"""The services that kinds of runs share."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

import grpc
from django.db import DatabaseError
from django.db.models import QuerySet
from google.protobuf.field_mask_pb2 import FieldMask

from apps.resources.api.envelopes import Envelopes
from apps.resources.api.permission import RENEWED_SECONDS
from apps.resources.api.services import CommandService, QueryService, Request, check, pages
from apps.resources.caller import SYSTEM, Caller
from apps.resources.executions import actions as runs
from apps.resources.executions import reading
from apps.resources.executions.event_hub import HUB, Inbox
from apps.resources.executions.fold import fold, is_unsaid
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, ExecutionEvent, Phase
from apps.resources.executions.task_order import TaskOrder
from apps.resources.storage import lookup, paging
from apps.resources.storage.connections import for_a_moment, give_back
from apps.resources.storage.paging import Page
from apps.resources.storage.terms import terms_of, with_terms
from apps.resources.wire.field_mask import Parts
from apps.resources.wire.json_form import to_json
from apps.resources.writes import actions

logger = logging.getLogger(__name__)

NEXT_PAGE_KEY = "stigmer-next-page-token"
LOOK_FOR_DELETION_SECONDS = 5.0


class ExecutionCommandService(CommandService):
    """create, update, updateStatus and delete; a run is never applied."""

    kind: ClassVar[ExecutionKind]

    def update(self, request: Request, context: grpc.ServicerContext) -> bytes:
        """Labels, annotations, tags and name may change; what is being run may not."""
        del context
        return reading.get_snapshot(self.kind, self.updated(request).row.pk, self.caller)

    def updateStatus(self, request: Request, context: grpc.ServicerContext) -> bytes:  # noqa: N802  # contract
        del context
        check(request)
        request.status.ClearField("audit")  # ours alone
        runs.set_status(self.kind, request.execution_id, to_json(request.status, "status"), self.caller)
        return reading.get_snapshot(self.kind, request.execution_id, self.caller)

    def delete(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        check(request)
        stored = reading.get_snapshot(self.kind, request.value, self.caller)
        actions.delete(self.kind, request.value, self.caller)
        return stored


class ExecutionQueryService(QueryService):
    """get, list and subscribe."""

    kind: ClassVar[ExecutionKind]

    def get(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        check(request)
        return reading.get_snapshot(self.kind, request.value, self.caller)

    def page(self, request: Request, context: grpc.ServicerContext, rows: QuerySet[Execution]) -> tuple[Page, int]:
        """A page of `rows` by the request's filters, and the number of pages of that size there are."""
        check(request)
        fields = request.DESCRIPTOR.fields_by_name
        if "phase" in fields and request.phase:
            rows = rows.filter(phase=request.phase)
        terms = terms_of(self.kind, request.tags, {}) if "tags" in fields else []
        page = list_runs(self.kind, rows, request, terms)
        rows = with_terms(rows, terms)
        context.set_trailing_metadata(((NEXT_PAGE_KEY, page.next_token),))
        return page, pages(rows.count(), request.page_size or paging.DEFAULT_PAGE_SIZE)

    def follow(self, execution_id: str, context: grpc.ServicerContext) -> Iterator[bytes]:
        """The run as it is, then again after every change, until it has ended.

        A message of a model's comes with its first text or its calls: clients print a message when they first see it.
        """
        with HUB.following(execution_id) as inbox:
            context.add_callback(lambda: inbox.put(None))  # wakes us when the client goes or the server stops
            envelope, last = reading.current(self.kind, execution_id, self.caller)
            give_back()  # a follower may stay for hours
            order = TaskOrder.of(getattr(envelope.status, "tasks", ()))
            yield _without_unsaid(envelope).SerializeToString()
            while not Phase(envelope.status.phase).is_terminal:
                events = next_events(self.kind, execution_id, inbox, self.caller)
                if events is None or not context.is_active():
                    return
                for event in events:
                    if event.number > last:
                        fold(envelope.status, event, order)
                        if not is_unsaid(envelope.status):
                            yield _without_unsaid(envelope).SerializeToString()


def _without_unsaid(envelope: Any) -> Any:  # Any: an envelope of either kind
    if not is_unsaid(envelope.status):
        return envelope
    said = type(envelope).FromString(envelope.SerializeToString())
    del said.status.messages[-1]
    return said


def list_runs(kind: ExecutionKind, rows: QuerySet[Any], request: Request, terms: Sequence[str] = ()) -> Page:
    """As `paging.list_page`, with the events of runs that have not ended folded in."""
    whole = Envelopes(Parts(kind, FieldMask()))
    return whole.page(rows, page_size=request.page_size, page_token=request.page_token, terms=terms)


def next_events(kind: ExecutionKind, execution_id: str, inbox: Inbox, caller: Caller) -> list[ExecutionEvent] | None:
    """The next events of a run that is followed; None when the client has gone.

    Raises NotFound when the run has gone, and as `caller.renew` does.
    """
    wait = LOOK_FOR_DELETION_SECONDS if caller.renew is None else RENEWED_SECONDS
    while True:
        with suppress(queue.Empty):
            events = inbox.get(timeout=wait)
            _look(caller.renew)
            return events
        _look(partial(lookup.must_exist, kind, execution_id, caller if caller.renew is None else SYSTEM))
        _look(caller.renew)


def _look(look: Callable[[], None] | None) -> None:
    """See whether a run may still be followed; should the database not answer, it is."""
    if look is None:
        return
    try:
        with for_a_moment():
            look()
    except DatabaseError:
        logger.warning("cannot see whether a run may still be followed; it is followed on", exc_info=True)
