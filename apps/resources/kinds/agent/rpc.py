from stigmer_proto.agentic.agent.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.kinds.agent.kind import AgentKind
from apps.resources.registry import BY_NAME

KIND = BY_NAME[AgentKind.name]


class AgentCommands(CommandService):
    kind = KIND


class AgentQueries(QueryService):
    kind = KIND


SERVICES = (AgentCommands, AgentQueries)
