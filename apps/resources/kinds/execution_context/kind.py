from collections.abc import Sequence
from typing import ClassVar

from apps.resources.base import Resource, Revision
from apps.resources.json_value import Json
from apps.resources.kind import Draft, Kind
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.storage.statements import delete_rows


class ExecutionContextKind(Kind):
    name = "ExecutionContext"
    plural = "execution contexts"
    number = 54
    prefix = "exec"
    package = "ai.stigmer.agentic.executioncontext.v1"
    model: ClassVar[type[Resource]] = ExecutionContext
    is_named_by_id = True

    def delete_owned_rows(self, ids: Sequence[str]) -> None:
        """Its revisions go, too: they hold the same secrets, of a run that is over."""
        delete_rows(Revision, "resource_id", ids)

    def columns(self, draft: Draft) -> dict[str, Json]:
        return {"execution_id": (draft.spec or {}).get("execution_id", "")}
