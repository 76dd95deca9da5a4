from stigmer_proto.agentic.agent.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.registry import AGENT


class AgentCommands(CommandService):
    kind = AGENT


class AgentQueries(QueryService):
    kind = AGENT


SERVICES = (AgentCommands, AgentQueries)
