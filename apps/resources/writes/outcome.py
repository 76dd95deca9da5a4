"""What a write did."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.resources.base import Resource
from apps.resources.kind import Action, Draft
from apps.resources.writes.diff import FieldChange


@dataclass
class Outcome:
    """`row` is the stored resource after the write; `changes` is filled for updates only."""

    draft: Draft
    row: Resource
    action: Action
    changes: list[FieldChange] = field(default_factory=list)

    @property
    def snapshot(self) -> bytes:
        return bytes(self.row.snapshot)
