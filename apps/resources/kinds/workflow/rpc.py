from stigmer_proto.agentic.workflow.v1 import command_pb2, query_pb2  # noqa: F401  # declare the services

from apps.resources.api.services import CommandService, QueryService
from apps.resources.registry import WORKFLOW


class WorkflowCommands(CommandService):
    kind = WORKFLOW


class WorkflowQueries(QueryService):
    kind = WORKFLOW


SERVICES = (WorkflowCommands, WorkflowQueries)
