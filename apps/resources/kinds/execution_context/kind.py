from typing import ClassVar

from apps.resources.base import Resource
from apps.resources.kind import Draft, Json, Kind
from apps.resources.kinds.execution_context.model import ExecutionContext


class ExecutionContextKind(Kind):
    name = "ExecutionContext"
    plural = "execution contexts"
    number = 54
    prefix = "exec"
    package = "ai.stigmer.agentic.executioncontext.v1"
    model: ClassVar[type[Resource]] = ExecutionContext
    is_named_by_id = True

    def columns(self, draft: Draft) -> dict[str, Json]:
        return {"execution_id": (draft.spec or {}).get("execution_id", "")}
