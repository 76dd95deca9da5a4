import grpc
from stigmer_proto.iam.apikey.v1 import api_pb2, command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService, Request, check
from apps.resources.kinds.api_key.actions import create_api_key, get_by_hash, own_keys
from apps.resources.registry import API_KEY
from apps.resources.wire.codec import decode


class ApiKeyCommands(CommandService):
    """create, update and delete: a key is never applied."""

    kind = API_KEY

    def create(self, request: Request, context: grpc.ServicerContext) -> bytes:
        """The answer, and nothing else ever, has the key itself, where the hash would be."""
        del context
        outcome, key = create_api_key(decode(API_KEY, request, self.caller), self.caller)
        answer = api_pb2.ApiKey.FromString(outcome.snapshot)
        answer.spec.key_hash = key
        return answer.SerializeToString()


class ApiKeyQueries(QueryService):
    kind = API_KEY

    def getByKeyHash(self, request: Request, context: grpc.ServicerContext) -> bytes:  # noqa: N802  # contract
        del context
        check(request)
        return bytes(get_by_hash(request.value).snapshot)

    def findAll(self, request: Request, context: grpc.ServicerContext) -> io_pb2.ApiKeys:  # noqa: N802  # contract
        """The caller's own, newest first."""
        del request, context
        answer = io_pb2.ApiKeys()
        for snapshot in own_keys(self.caller).values_list("snapshot", flat=True):
            answer.entries.add().MergeFromString(bytes(snapshot))
        return answer


SERVICES = (ApiKeyCommands, ApiKeyQueries)
