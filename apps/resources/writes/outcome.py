"""What a write did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic

from apps.resources.kind import Action, Draft, Row_co
from apps.resources.writes.diff import FieldChange


@dataclass
class Outcome(Generic[Row_co]):
    """`row` is the stored resource after the write; `changes` is filled for updates only."""

    draft: Draft[Row_co]
    row: Row_co
    action: Action
    changes: list[FieldChange] = field(default_factory=list)

    @property
    def snapshot(self) -> bytes:
        return bytes(self.row.snapshot)
