"""The two kinds of runs, for those who need no more of them: what describes a run takes 10 ms to import."""

from __future__ import annotations

from typing import Final

RUN_KINDS: Final = ("AgentExecution", "WorkflowExecution")


def kind_of_run(execution_id: str) -> str:
    """`AgentExecution` or `WorkflowExecution` by the form of an id; "" for no run's."""
    return {"aex": "AgentExecution", "wex": "WorkflowExecution"}.get(execution_id.partition("-")[0], "")
