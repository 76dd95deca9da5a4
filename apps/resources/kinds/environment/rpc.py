from stigmer_proto.agentic.environment.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.kinds.environment.kind import EnvironmentKind
from apps.resources.registry import BY_NAME

KIND = BY_NAME[EnvironmentKind.name]


class EnvironmentCommands(CommandService):
    kind = KIND


class EnvironmentQueries(QueryService):
    kind = KIND


SERVICES = (EnvironmentCommands, EnvironmentQueries)
