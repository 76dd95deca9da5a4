from stigmer_proto.agentic.executioncontext.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.registry import EXECUTION_CONTEXT


class ExecutionContextCommands(CommandService):
    kind = EXECUTION_CONTEXT


class ExecutionContextQueries(QueryService):
    kind = EXECUTION_CONTEXT


SERVICES = (ExecutionContextCommands, ExecutionContextQueries)
