"""What a write did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from apps.resources.base import Resource
from apps.resources.diff import FieldChange
from apps.resources.kind import Draft


class Action(Enum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"


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
