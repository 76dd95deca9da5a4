"""What a caller must be allowed in order to call a method: data of the contract, checked before a handler runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from stigmer_proto.iam.iampolicy.v1.rpcauthorization import iam_permission_pb2, method_options_pb2

from apps.resources.api.authentication import Admit, authenticate
from apps.resources.caller import Caller
from apps.resources.errors import NotFound, PermissionDenied

RENEWED_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Requirement:
    """What the options of one method say. Where they say nothing, whoever enforces must know the method itself."""

    method: str
    """Full name: `ai.stigmer.agentic.agent.v1.AgentQueryController.get`."""
    permission: str = ""
    """`can_view`."""
    resource_kind: int = 0
    """Number of the kind that the permission is checked on; 0 for the one in the message."""
    resource_kind_path: str = ""
    """Field of the request that names the kind, where it differs from call to call."""
    field_path: str = ""
    """Field of the request that holds the resource's id: `metadata.id`."""
    resource_id: str = ""
    """Of the resource, where it is always the same one."""
    refusal: str = ""
    """What a refused caller is told, instead of the standard sentence."""
    is_public: bool = False
    """Nobody need be signed in."""
    is_for_anybody: bool = False
    """Whoever is signed in may call it: the handler answers only from what the caller may see."""


Identify = Callable[[grpc.ServicerContext], Caller]
"""Who is behind a call. Raises a StigmerError where nobody can tell, or nobody may be."""
Authorize = Callable[[Caller, Requirement, Message], None]
"""Raises a StigmerError where the caller may not call this method with this request."""


def local_person(context: grpc.ServicerContext) -> Caller:
    """The Identify of local mode."""
    return authenticate(context)


def let_pass(caller: Caller, requirement: Requirement, request: Message) -> None:
    """The Authorize of local mode: everything here is the caller's own."""


@dataclass(frozen=True)
class Gate:
    """What every call of one method goes through before it."""

    method: str
    """Its name within its service."""
    requirement: Requirement
    admit_call: Admit
    authorize: Authorize
    identify: Identify = local_person

    @classmethod
    def of(cls, method: MethodDescriptor, admit_call: Admit, authorize: Authorize, identify: Identify) -> Gate:
        return cls(method.name, requirement_of(method), admit_call, authorize, identify)

    def admit(self, context: grpc.ServicerContext, request: Message) -> Caller:
        """Who is calling. Raises as the Admit, the Identify and the Authorize do."""
        self.admit_call(context)
        caller = self._let_in(context, request)
        if caller.sight is None:
            return caller
        return replace(caller, renew=Renewal(lambda: self._let_in(context, request)))

    def _let_in(self, context: grpc.ServicerContext, request: Message) -> Caller:
        caller = self.identify(context)
        self.authorize(caller, self.requirement, request)
        return caller


@dataclass
class Renewal:
    """Lets a caller in again, at most once in RENEWED_SECONDS: for streams, which last longer than what let them in."""

    let_in: Callable[[], Caller]
    _last: float = field(default_factory=time.monotonic)

    def __call__(self) -> None:
        """Raises NotSignedIn, and PermissionDenied for what was seen and is not any more."""
        if time.monotonic() - self._last < RENEWED_SECONDS:
            return
        try:
            self.let_in()
        except NotFound as gone:
            raise PermissionDenied("can_view", f"{gone.kind} {gone.key}") from None
        self._last = time.monotonic()


def requirement_of(method: MethodDescriptor) -> Requirement:
    options: Any = method.GetOptions()  # Any: the generated stubs do not know that options hold extensions
    config = options.Extensions[method_options_pb2.config]
    return Requirement(
        method=method.full_name,
        permission=iam_permission_pb2.ApiResourceIamPermission.Name(config.permission) if config.permission else "",
        resource_kind=config.resource_kind,
        resource_kind_path=config.resource_kind_path,
        field_path=config.field_path,
        resource_id=config.resource_id,
        refusal=config.error_msg,
        is_public=options.Extensions[method_options_pb2.is_public],
        is_for_anybody=options.Extensions[method_options_pb2.is_skip_authorization],
    )
