"""The deciding Authorize: what the contract's options and `rules` say, asked of the policies before a handler runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db.models import Q
from google.protobuf.message import Message

from apps.resources.api.permission import Requirement
from apps.resources.api.rules import RULES
from apps.resources.base import OwnerScope
from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import NotFound, PermissionDenied
from apps.resources.kinds.iam_policy.kind import spelled, tuple_columns
from apps.resources.permission.permits import Permits
from apps.resources.registry import BY_NUMBER, IAM_POLICY, IDENTITY_ACCOUNT, ORGANIZATION
from apps.resources.roles import PLATFORM
from apps.resources.storage.lookup import find_by_identity, visible
from apps.resources.storage.tuples import Thing
from apps.resources.wire.codec import identity_of
from apps.resources.wire.json_form import to_json

Request = Any  # each RPC has a message class of its own
ELSEWHERE: Final = ("resource_id", "value")
"""Where the id is, should the path that an option names not be in the request: Environment.delete, getActorInfo."""


def authorize(caller: Caller, requirement: Requirement, request: Message) -> None:
    """Raises NotFound for what the caller may not see, PermissionDenied for what it may not do with what it sees.

    Callers whose sight nothing limits, as in local mode, may do everything. Where a request lacks what is to be decided
    about, nothing is: the handler refuses it by name.
    """
    if caller.sight is None:
        return
    permits = Permits(caller.actor)
    try:
        _decide(permits, caller, requirement, request)
    except PermissionDenied as denied:
        raise PermissionDenied(denied.permission, "", requirement.refusal) if requirement.refusal else denied from None


def _decide(permits: Permits, caller: Caller, requirement: Requirement, request: Request) -> None:
    if requirement.is_public or requirement.is_for_anybody:
        return
    if not requirement.permission:
        RULES[short_name(requirement.method)](permits, request)
    elif requirement.resource_id:
        permits.on_thing(Thing(_word(requirement.resource_kind), requirement.resource_id), requirement.permission)
    elif not requirement.resource_kind:
        ABOUT_POLICIES[request.DESCRIPTOR.name](permits, requirement.permission, request)
    elif requirement.resource_kind == ORGANIZATION.number and requirement.field_path.endswith("org"):
        _in_organization(permits, caller, requirement, request)
    else:
        _on_resource(permits, caller, requirement, request)


def short_name(method: str) -> str:
    """`AgentCommandController.apply`."""
    return ".".join(method.split(".")[-2:])


def _word(number: int) -> str:
    return BY_NUMBER[number].word if number in BY_NUMBER else PLATFORM[0]


def _in_organization(permits: Permits, caller: Caller, requirement: Requirement, request: Request) -> None:
    """For making something in the organization that the request names, or on the platform."""
    metadata = getattr(request, "metadata", None)
    scope = metadata.owner_scope if metadata is not None else getattr(request, "scope", 0)
    if scope == OwnerScope.PLATFORM:
        permits.operator()
    else:
        permits.membership(_at(request, requirement.field_path) or caller.org, requirement.permission)


def _on_resource(permits: Permits, caller: Caller, requirement: Requirement, request: Request) -> None:
    kind = BY_NUMBER[requirement.resource_kind]
    key = _at(request, requirement.field_path)
    if not key and requirement.field_path == "metadata.id" and "metadata" in request.DESCRIPTOR.fields_by_name:
        if not request.metadata.slug:
            return  # the handler says what is missing
        key = find_by_identity(kind, identity_of(kind, request, caller), caller)
        if not key:
            raise NotFound(kind.name, request.metadata.slug)
    if key and kind is IDENTITY_ACCOUNT:
        key = _account_id(key)
    if key:
        permits.on(kind, key, requirement.permission)


def _account_id(named: str) -> str:
    """Of an account that is named by its id, its address, or what its identity provider calls it."""
    by = Q(pk=named) | Q(idp_id=named) | Q(email=named.strip().lower())
    found = visible(IDENTITY_ACCOUNT, SYSTEM).filter(by).values_list("pk", flat=True).first()
    return found or named


def _at(request: Request, path: str) -> str:
    """The text at a path inside the request; empty where there is none."""
    value = request
    for name in path.split(".") if path else ():
        if name not in value.DESCRIPTOR.fields_by_name:
            value = None
            break
        value = getattr(value, name)
    if isinstance(value, str):
        return value
    return next((getattr(request, name) for name in ELSEWHERE if name in request.DESCRIPTOR.fields_by_name), "")


def _of_policy(permits: Permits, permission: str, request: Request) -> None:
    """create and delete: of what the policy is about."""
    del permission  # giving takes more than one
    if request.HasField("resource") and request.resource.id and request.relation:
        permits.grant(tuple_columns(to_json(request)))


def _of_stored_policy(permits: Permits, permission: str, request: Request) -> None:
    found = visible(IAM_POLICY, SYSTEM).filter(pk=request.value).first() if request.value else None
    if found is None and request.value:
        raise NotFound(IAM_POLICY.name, request.value)
    if found is not None:
        permits.on_policy(found, permission)


def _of_resource(permits: Permits, permission: str, request: Request) -> None:
    if request.resource.id:
        permits.on_thing(Thing(spelled(request.resource.kind), request.resource.id), permission)


def _of_what_is_found(permits: Permits, permission: str, request: Request) -> None:
    """The handler answers what the caller may view the access of, and all about the caller."""
    del permits, permission, request


ABOUT_POLICIES: Final[dict[str, Callable[[Permits, str, Request], None]]] = {
    "IamPolicySpec": _of_policy,
    "IamPolicyId": _of_stored_policy,
    "ListAuthorizedPrincipalIdsInput": _of_resource,
    "ListAuthorizedResourceIdsInput": _of_what_is_found,
}
"""By request: the options name no kind, so it is the resource in the message."""
