from apps.resources.base import Revision
from apps.resources.kind import Kind, OwnedRows
from apps.resources.kinds.execution_context.model import ExecutionContext


class ExecutionContextKind(Kind[ExecutionContext]):
    name = "ExecutionContext"
    plural = "execution contexts"
    number = 54
    prefix = "exec"
    package = "ai.stigmer.agentic.executioncontext.v1"
    model = ExecutionContext
    is_named_by_id = True
    is_left_by_runs = True
    spec_columns = ("execution_id",)
    # Its revisions go, too: they hold the same secrets, of a run that is over.
    owned_rows = (OwnedRows(Revision, "resource_id"),)
