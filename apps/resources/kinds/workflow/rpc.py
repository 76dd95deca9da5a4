from stigmer_proto.agentic.workflow.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.kinds.workflow.kind import WorkflowKind
from apps.resources.registry import BY_NAME

KIND = BY_NAME[WorkflowKind.name]


class WorkflowCommands(CommandService):
    kind = KIND


class WorkflowQueries(QueryService):
    kind = KIND


SERVICES = (WorkflowCommands, WorkflowQueries)
