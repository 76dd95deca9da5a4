from stigmer_proto.agentic.environment.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.registry import ENVIRONMENT


class EnvironmentCommands(CommandService):
    kind = ENVIRONMENT


class EnvironmentQueries(QueryService):
    kind = ENVIRONMENT


SERVICES = (EnvironmentCommands, EnvironmentQueries)
