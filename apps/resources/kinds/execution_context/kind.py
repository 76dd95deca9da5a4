from typing import ClassVar

from apps.resources.base import Resource, Revision
from apps.resources.kind import Kind, OwnedRows
from apps.resources.kinds.execution_context.model import ExecutionContext


class ExecutionContextKind(Kind):
    name = "ExecutionContext"
    plural = "execution contexts"
    number = 54
    prefix = "exec"
    package = "ai.stigmer.agentic.executioncontext.v1"
    model: ClassVar[type[Resource]] = ExecutionContext
    is_named_by_id = True
    spec_columns = ("execution_id",)
    # Its revisions go, too: they hold the same secrets, of a run that is over.
    owned_rows = (OwnedRows(Revision, "resource_id"),)
