"""Which resources of a kind are asked for: what lists and watches share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.executions.model import Execution, Phase
from apps.resources.kind import Kind
from apps.resources.storage.inventory import get_project, in_project
from apps.resources.storage.lookup import visible
from apps.resources.storage.terms import terms_of, with_terms

PHASES = {phase.wire_name: phase for phase in Phase}


@dataclass(frozen=True)
class Selection:
    """Conditions that must all be met; what is empty asks for nothing."""

    org: str = ""
    project: str = ""
    tags: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    phase: str = ""
    """As the contract names it: `EXECUTION_FAILED`. Of runs only."""
    updated_since: datetime | None = None

    @property
    def is_of_all(self) -> bool:
        """Whether everything is asked for, of an organization or of all of them."""
        return not (self.project or self.tags or self.labels or self.phase or self.updated_since)

    def terms(self, kind: Kind) -> list[str]:
        """Its tags and labels."""
        return terms_of(kind, self.tags, self.labels)

    def check(self, kind: Kind) -> None:
        """Raise InvalidInput for what resources of this kind cannot meet."""
        if not self.phase:
            return
        if not issubclass(kind.model, Execution):
            raise InvalidInput.at("phase", f"{kind.plural} have no phase")
        if self.phase not in PHASES:
            raise InvalidInput.at("phase", f"{self.phase!r} is none: {', '.join(PHASES)}")


def selected(kind: Kind, selection: Selection, caller: Caller) -> QuerySet[Any]:
    """The rows that meet the conditions and that `caller` may see. Raises InvalidInput, NotFound for a project."""
    return with_terms(selected_but_for_terms(kind, selection, caller), selection.terms(kind))


def selected_but_for_terms(kind: Kind, selection: Selection, caller: Caller) -> QuerySet[Any]:
    """As `selected`, whichever tags and labels they carry: `list_page` looks for those itself."""
    selection.check(kind)
    rows: QuerySet[Any] = visible(kind, caller)
    if selection.org:
        rows = rows.filter(org=selection.org)
    if selection.project:
        rows = in_project(rows, get_project(selection.org or caller.org, selection.project, caller))
    if selection.phase:
        rows = rows.filter(phase=PHASES[selection.phase])
    if selection.updated_since:
        rows = rows.filter(status_updated_at__gte=selection.updated_since)
    return rows
