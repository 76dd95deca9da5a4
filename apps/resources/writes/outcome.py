"""What a write did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic

from apps.resources.kind import Action, Draft, Row_co
from apps.resources.writes.diff import FieldChange
from apps.shared.slugs import lost_letters, slug_of


@dataclass
class Outcome(Generic[Row_co]):
    """`row` is the stored resource after the write; `changes` is filled for updates only."""

    draft: Draft[Row_co]
    row: Row_co
    action: Action
    changes: list[FieldChange] = field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """What whoever wrote it should hear."""
        lost = lost_letters(self.row.name)
        if not lost or self.action is not Action.CREATED or self.row.slug != slug_of(self.row.name):
            return self.draft.warnings
        named = f"commands call it {self.row.slug!r}: a slug cannot hold {lost!r}"
        return [*self.draft.warnings, f"{named}; choose another one with `metadata.slug`, in programs `slug=`"]

    @property
    def snapshot(self) -> bytes:
        return bytes(self.row.snapshot)
