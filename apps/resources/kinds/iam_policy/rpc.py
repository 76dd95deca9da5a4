from collections.abc import Iterable

import grpc
from google.protobuf import empty_pb2
from stigmer_proto.iam.iampolicy.v1 import (  # noqa: F401  # declare the services
    api_pb2,
    command_pb2,
    io_pb2,
    query_pb2,
)

from apps.resources.api.services import CommandService, QueryService, Request, check
from apps.resources.errors import InvalidInput, NotFound, Violation
from apps.resources.kind import Draft
from apps.resources.kinds.iam_policy.actions import grant, is_on_platform, policy_draft, revoke, revoke_all
from apps.resources.kinds.iam_policy.kind import spelled, tuple_columns
from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.permission.access import ids_within, is_authorized
from apps.resources.permission.engine import principals
from apps.resources.registry import IAM_POLICY
from apps.resources.roles import PLATFORM
from apps.resources.storage.tuples import Principal, Thing, Tuple
from apps.resources.wire.json_form import to_json

MOST_CONTEXTUAL = 100


class IamPolicyCommands(CommandService):
    """A policy is made and deleted by its tuple."""

    kind = IAM_POLICY

    def create(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        return grant(_draft(request), self.caller)

    def delete(self, request: Request, context: grpc.ServicerContext) -> bytes:
        """Of one that is not there, the answer has nothing but its tuple."""
        del context
        gone = revoke(_draft(request), self.caller)
        if gone is not None:
            return gone
        nothing = api_pb2.IamPolicy(api_version=IAM_POLICY.api_version, kind=IAM_POLICY.name, spec=request)
        return nothing.SerializeToString()

    def createPlatformLink(self, request: Request, context: grpc.ServicerContext) -> bytes:  # noqa: N802  # contract
        """Have something belong to the platform, so that operators have their role on it, too."""
        del context
        draft = _draft(request)
        if not is_on_platform(draft.spec or {}) or request.relation != PLATFORM[0]:
            raise InvalidInput.at(
                "principal",
                f"must be the platform, kind {PLATFORM[0]!r} and id {PLATFORM[1]!r}, and "
                f"relation {PLATFORM[0]!r}: what a resource is linked to",
            )
        return grant(draft, self.caller)

    def bootstrapPolicy(self, request: Request, context: grpc.ServicerContext) -> bytes:  # noqa: N802  # contract
        """The first policies of something, which nobody could give otherwise."""
        del context
        return grant(_draft(request), self.caller)

    def cleanupResourcePolicies(self, request: Request, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802  # contract
        del context
        check(request)
        revoke_all(Thing(spelled(request.kind), request.id), request.relation, self.caller)
        return empty_pb2.Empty()


class IamPolicyQueries(QueryService):
    kind = IAM_POLICY

    def checkAuthorization(self, request: Request, context: grpc.ServicerContext) -> io_pb2.CheckAuthorizationResult:  # noqa: N802  # contract
        """About oneself, or about what one may view the access of: otherwise the answer is NOT_FOUND."""
        del context
        check(request)
        asked, more = Tuple(**tuple_columns(to_json(request.policy))), _tuples(request.contextual_policies)
        try:
            found = is_authorized(asked, more, self.caller)
        except NotFound:
            if self.caller.sight is not None:
                raise
            found = False  # nobody has anything on what is not there
        return io_pb2.CheckAuthorizationResult(is_authorized=found)

    def listAuthorizedResourceIds(  # noqa: N802  # contract
        self, request: Request, context: grpc.ServicerContext
    ) -> io_pb2.AuthorizedResourceIdsList:
        del context
        check(request)
        who = _principal(request.principal)
        more = _tuples(request.contextual_policies)
        ids = ids_within(spelled(request.resource_kind), who, request.relation, more, self.caller)
        return io_pb2.AuthorizedResourceIdsList(resource_ids=ids)

    def listAuthorizedPrincipalIds(  # noqa: N802  # contract
        self, request: Request, context: grpc.ServicerContext
    ) -> io_pb2.AuthorizedPrincipalIdsList:
        del context
        check(request)
        thing, more = Thing(spelled(request.resource.kind), request.resource.id), _tuples(request.contextual_policies)
        found = principals(thing, request.relation, spelled(request.principal_kind), more)
        return io_pb2.AuthorizedPrincipalIdsList(principal_ids=found)


def _draft(request: Request) -> Draft[IamPolicy]:
    """Of a spec alone, which is all there is to a policy. Raises InvalidInput."""
    check(request)
    try:
        return policy_draft(to_json(request))
    except InvalidInput as error:
        violations = (Violation(each.path.removeprefix("spec."), each.description) for each in error.violations)
        raise InvalidInput(violations) from None


def _principal(reference: Request) -> Principal:
    columns = tuple_columns({"principal": to_json(reference)})
    return Principal(columns["principal_kind"], columns["principal_id"], columns["principal_relation"])


def _tuples(policies: Iterable[Request]) -> list[Tuple]:
    found = [Tuple(**tuple_columns(to_json(policy))) for policy in policies]
    if len(found) > MOST_CONTEXTUAL:
        raise InvalidInput.at("contextual_policies", f"must be {MOST_CONTEXTUAL} at most, got {len(found)}")
    return found


SERVICES = (IamPolicyCommands, IamPolicyQueries)
