"""The services that every kind inherits: commands and queries over the generic actions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

import grpc
from google.protobuf.message import Message

from apps.resources.api.adapter import Service
from apps.resources.errors import InvalidInput
from apps.resources.kind import Kind
from apps.resources.storage import lookup
from apps.resources.storage.lookup import Reference
from apps.resources.wire.codec import decode
from apps.resources.wire.validation import contract_violations
from apps.resources.writes import actions
from apps.resources.writes.outcome import Outcome

Request = Any  # each RPC has a message class of its own; the contract says which fields it has


class KindService(Service):
    """A service of one kind; subclasses set `kind` and may add RPCs."""

    kind: ClassVar[Kind]


class CommandService(KindService):
    """apply, create, update and delete."""

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "kind"):  # absent in bases that several kinds share
            cls.full_name = f"{cls.kind.package}.{cls.kind.name}CommandController"

    def apply(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        return actions.apply([decode(self.kind, request, self.caller)], self.caller)[0].snapshot

    def create(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        return actions.create(decode(self.kind, request, self.caller), self.caller).snapshot

    def update(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        return self.updated(request).snapshot

    def updated(self, request: Request) -> Outcome:
        draft = decode(self.kind, request, self.caller)
        if not (request.metadata.id or request.metadata.slug):
            raise InvalidInput.at("metadata", "needs an id or a slug: which one is to be updated")
        return actions.update(draft, self.caller)

    def delete(self, request: Request, context: grpc.ServicerContext) -> bytes:
        """Takes an `<Kind>Id`, an ApiResourceId or an ApiResourceDeleteInput, as the contract has it."""
        del context
        check(request)
        fields = request.DESCRIPTOR.fields_by_name
        if "resource_id" in fields:
            return actions.delete(
                self.kind, request.resource_id, self.caller, force=request.force, message=request.version_message
            )
        return actions.delete(self.kind, request.value, self.caller)


class QueryService(KindService):
    """get and getByReference."""

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "kind"):  # absent in bases that several kinds share
            cls.full_name = f"{cls.kind.package}.{cls.kind.name}QueryController"

    def get(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        check(request)
        return lookup.get_snapshot(self.kind, request.value, self.caller)

    def getByReference(self, request: Request, context: grpc.ServicerContext) -> bytes:  # noqa: N802  # contract
        del context
        check(request)
        return lookup.get_by_reference(self.kind, reference(request), self.caller)


def check(request: Message) -> None:
    """Raise InvalidInput with every contract rule that a request breaks."""
    if violations := contract_violations(request):
        raise InvalidInput(violations)


def reference(message: Request) -> Reference:
    return Reference(message.slug, message.scope, message.org, message.kind, message.version)


def moment_in(request: Request, name: str) -> datetime | None:
    """The time in a field of a request, None where it says none. Raises InvalidInput for one that no calendar has."""
    if not request.HasField(name):
        return None
    try:
        found: datetime = getattr(request, name).ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput.at(name, "is no time between the years 1 and 9999") from None
    return found


def page_of(page_info: Request, *, path: str, default: int, maximum: int) -> tuple[int, int]:
    """(offset, size) of the contract's PageInfo: `num` counts from 1 and 0 means the first page.

    Raises InvalidInput for a negative number or a size outside 0..`maximum`; `path` is where the request has it.
    """
    if page_info.num < 0:
        raise InvalidInput.at(f"{path}.num", f"must be 1 or more, got {page_info.num}")
    if not 0 <= page_info.size <= maximum:
        raise InvalidInput.at(f"{path}.size", f"must be 1 to {maximum}, got {page_info.size}")
    size = page_info.size or default
    return max(page_info.num - 1, 0) * size, size


def pages(total: int, size: int) -> int:
    return -(-total // size)
