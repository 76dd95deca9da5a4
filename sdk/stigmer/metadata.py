"""What agents and workflows have in common: their names and labels."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from stigmer import checks

Scope = Literal["platform", "organization"]
SCOPES: Final = ("platform", "organization")
API_VERSION: Final = "agentic.stigmer.ai/v1"


class Metadata:
    """Name, slug, owner scope, labels, annotations and tags of one resource."""

    def __init__(
        self,
        owner: str,
        *,
        name: object,
        slug: str | None,
        scope: object,
        labels: object,
        annotations: object,
        tags: Iterable[str],
    ) -> None:
        self.name = checks.required(owner, "name", name)
        self.slug = checks.slug_of(owner, self.name, slug)
        self._fields: dict[str, Any] = {
            "name": self.name,
            "slug": self.slug,
            "owner_scope": checks.one_of(owner, "scope", scope, SCOPES),
            "labels": checks.text_map(owner, "labels", labels or {}),
            "tags": checks.texts(owner, "tags", tags),
        }
        self._annotations = checks.text_map(owner, "annotations", annotations or {})
        checks.unique(owner, "tags", self._fields["tags"])

    def to_dict(self, stamp: Mapping[str, str]) -> dict[str, Any]:
        """The fields of an ApiResourceMetadata; `stamp` is what the SDK says about itself in the annotations."""
        return {**self._fields, "annotations": {**self._annotations, **stamp}}
