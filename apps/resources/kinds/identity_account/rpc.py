import grpc
from django.db.models import Q
from google.protobuf import empty_pb2
from stigmer_proto.commons.apiresource import status_pb2
from stigmer_proto.iam.identityaccount.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService, Request, check
from apps.resources.kinds.identity_account.actions import get_account, own_account, sign_up
from apps.resources.registry import IDENTITY_ACCOUNT


class IdentityAccountCommands(CommandService):
    """update and delete: accounts come about by signing up."""

    kind = IDENTITY_ACCOUNT

    def simulateSignupWebhook(self, request: Request, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802  # contract
        """As if an identity provider had told of somebody who signed up; an account that is there stays as it is."""
        del context
        check(request)
        sign_up(request.value)
        return empty_pb2.Empty()


class IdentityAccountQueries(QueryService):
    kind = IDENTITY_ACCOUNT

    def whoAmI(self, request: Request, context: grpc.ServicerContext) -> bytes:  # noqa: N802  # contract
        del request, context
        return bytes(own_account(self.caller).snapshot)

    def getByEmail(self, request: Request, context: grpc.ServicerContext) -> bytes:  # noqa: N802  # contract
        del context
        check(request)
        address = request.value.strip().lower()
        return bytes(get_account(Q(email=address), request.value, self.caller).snapshot)

    def getByIdpId(self, request: Request, context: grpc.ServicerContext) -> bytes:  # noqa: N802  # contract
        del context
        check(request)
        return bytes(get_account(Q(idp_id=request.value), request.value, self.caller).snapshot)

    def getActorInfo(self, request: Request, context: grpc.ServicerContext) -> status_pb2.ApiResourceAuditActor:  # noqa: N802  # contract
        """What audits show of an account. They name the person at this machine by a word, which is taken, too."""
        del context
        check(request)
        account = get_account(Q(pk=request.value) | Q(idp_id=request.value), request.value, self.caller)
        return status_pb2.ApiResourceAuditActor(id=account.pk, avatar=(account.spec or {}).get("picture_url", ""))


SERVICES = (IdentityAccountCommands, IdentityAccountQueries)
