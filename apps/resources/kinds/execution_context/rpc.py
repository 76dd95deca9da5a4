from stigmer_proto.agentic.executioncontext.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.kinds.execution_context.kind import ExecutionContextKind
from apps.resources.registry import BY_NAME

KIND = BY_NAME[ExecutionContextKind.name]


class ExecutionContextCommands(CommandService):
    kind = KIND


class ExecutionContextQueries(QueryService):
    kind = KIND


SERVICES = (ExecutionContextCommands, ExecutionContextQueries)
