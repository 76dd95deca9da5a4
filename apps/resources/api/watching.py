"""Following what happens to the resources of a kind, from a position of the journal on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import grpc
from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources.api.envelopes import Envelopes
from apps.resources.api.journal_hub import HUB
from apps.resources.api.permission import RENEWED_SECONDS
from apps.resources.caller import SYSTEM, Caller
from apps.resources.kind import Kind
from apps.resources.storage import journal
from apps.resources.storage.connections import for_a_moment
from apps.resources.storage.journal import Noted, Position
from apps.resources.storage.lookup import chunks, visible
from apps.resources.storage.paging import PAGE_BYTES, ROWS_AT_ONCE
from apps.resources.storage.revisions import organizations_of
from apps.resources.storage.selection import Selection, selected
from apps.resources.wire.codec import pack

WAIT_SECONDS = 1.0
POSITION_SECONDS = 30.0
"""After so long without anything to tell, the position is told alone: the one before may be forgotten some day."""
Answer = resources_pb2.WatchResourcesResponse


@dataclass(frozen=True)
class Watcher:
    """What one caller wants to be told."""

    kind: Kind
    selection: Selection
    envelopes: Envelopes
    caller: Caller

    def follow(self, position: Position | None, context: grpc.ServicerContext) -> Iterator[Answer]:
        """The position it begins at, then what happens, until the client goes. Raises PositionGone."""
        with HUB.watching():
            context.add_callback(HUB.wake)
            with for_a_moment():
                at = position or journal.newest()
                journal.must_know(at)
                selected(self.kind, self.selection, self.caller)  # refuses what cannot be
            yield Answer(position=str(at))
            told = time.monotonic()
            while context.is_active():
                with for_a_moment():
                    noted = HUB.after(at)
                if noted:
                    at = noted[-1].position
                    for answer in self._told(noted):
                        yield answer
                        told = time.monotonic()
                if self.caller.renew is not None:
                    with for_a_moment():
                        self.caller.renew()
                if time.monotonic() - told > POSITION_SECONDS:
                    yield Answer(position=str(at))
                    told = time.monotonic()
                HUB.wait_beyond(at, WAIT_SECONDS if self.caller.renew is None else RENEWED_SECONDS)

    def _told(self, noted: Sequence[Noted]) -> Iterator[Answer]:
        """As `_answers`, with a connection while one is made, and none while the client takes it."""
        answers = self._answers(noted)
        while True:
            with for_a_moment():
                answer = next(answers, None)
            if answer is None:
                return
            yield answer

    def _answers(self, noted: Sequence[Noted]) -> Iterator[Answer]:
        """What is to be told of what was noted, in answers that clients can take; the last one has the position."""
        answer, size = Answer(), 0
        for change in self._changes([each for each in noted if each.kind == self.kind.name]):
            if size and size + change.ByteSize() > PAGE_BYTES:
                yield answer
                answer, size = Answer(), 0
            answer.changes.append(change)
            size += change.ByteSize()
        if answer.changes:
            answer.position = str(noted[-1].position)
            yield answer

    def _changes(self, noted: Sequence[Noted]) -> Iterator[resources_pb2.ResourceChange]:
        """Each resource once, as it is now, by when it was last noted."""
        ids = list(dict.fromkeys(each.resource_id for each in reversed(noted)))[::-1]
        fresh = {each.resource_id for each in noted if each.event == "created"}
        for some in chunks(ids, ROWS_AT_ONCE):
            matching = dict(
                self.envelopes.of_rows(selected(self.kind, self.selection, self.caller).filter(pk__in=some))
            )
            others = self._others([pk for pk in some if pk not in matching and pk not in fresh])
            for pk in some:
                if pk in matching:
                    event = resources_pb2.RESOURCE_CREATED if pk in fresh else resources_pb2.RESOURCE_UPDATED
                    found = pack(self.kind, matching[pk])
                    yield resources_pb2.ResourceChange(event=event, id=pk, resource=found)
                elif pk in others:
                    yield resources_pb2.ResourceChange(event=others[pk], id=pk)

    def _others(self, ids: list[str]) -> dict[str, resources_pb2.ResourceEvent]:
        """What became of resources that do not match, as far as the caller may have been told of them before."""
        if not ids:
            return {}
        there = set(visible(self.kind, SYSTEM).filter(pk__in=ids).values_list("pk", flat=True))
        known = ids if self.caller.sight is None and not self.selection.org else self._of_its_organizations(ids)
        return {pk: resources_pb2.RESOURCE_UNMATCHED if pk in there else resources_pb2.RESOURCE_DELETED for pk in known}

    def _of_its_organizations(self, ids: list[str]) -> list[str]:
        """Those of organizations that are asked for and that the caller sees: nobody else learns so much as an id."""
        orgs = organizations_of(self.kind, ids, self.caller)
        return [pk for pk in ids if pk in orgs and self.selection.org in {"", orgs[pk]}]
