"""Runs as this project has stored them, and what was made of them: rows that must be readable as long as there are any.

`stored_runs/*.json` hold `rows`, each with its type, its data, and what it was on the wire and on the page; the
`status` that they were folded to; and of agents what was `said`. A new form is a file of its own; none is changed,
but for `page`, which is kept nowhere and follows what pages show.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import ExecutionEvent
from apps.resources.json_value import Json
from apps.resources.registry import AGENT_EXECUTION, WORKFLOW_EXECUTION
from apps.resources.wire.codec import message_class

FOLDER = Path(__file__).parent / "stored_runs"


@dataclass(frozen=True)
class StoredRun:
    """One of the files."""

    name: str
    rows: list[ExecutionEvent]
    wire: list[Json]
    page: list[Json]
    status: Json
    said: Json

    @property
    def kind(self) -> ExecutionKind:
        return AGENT_EXECUTION if self.name.startswith("agent") else WORKFLOW_EXECUTION

    def new_status(self) -> Any:  # Any: the status message of the kind
        envelope: Any = message_class(self.kind)()
        return envelope.status


def stored_runs() -> list[StoredRun]:
    return [_read(path) for path in sorted(FOLDER.glob("*.json"))]


def _read(path: Path) -> StoredRun:
    told = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        ExecutionEvent(
            execution_id=path.stem,
            number=place,
            type=row["type"],
            data=row["data"],
            at=datetime.fromisoformat(row["at"]),
        )
        for place, row in enumerate(told["rows"], start=1)
    ]
    return StoredRun(
        name=path.stem,
        rows=rows,
        wire=[row["wire"] for row in told["rows"]],
        page=[row["page"] for row in told["rows"]],
        status=told["status"],
        said=told.get("said"),
    )
