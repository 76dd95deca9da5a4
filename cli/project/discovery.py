"""What was found to deploy: the resources in the order of their dependencies, and what people should know."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.backends.base import Envelope
from apps.backends.kinds import BY_NAME, KINDS
from apps.backends.resource import own
from apps.shared.slugs import slug_of
from cli.project.errors import DependencyCycle, DuplicateSlug

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cli.project.yaml_source import YamlSource

# The kind that everything else belongs to, and that therefore belongs to none.
ORGANIZATION = "Organization"
# As in the kinds table: what others refer to stands before what refers to it.
RANK = {kind.name: rank for rank, kind in enumerate(KINDS, 1)} | {ORGANIZATION: 0}


@dataclass(frozen=True, slots=True)
class ManifestSource:
    """A manifest that an entry point wrote. `index` is the number in its name."""

    file: str
    index: int

    def __str__(self) -> str:
        return self.file

    def locate(self, path: str) -> str:  # noqa: ARG002  (as YamlSource.locate)
        """Where a field stands, for people: a manifest has no lines, so its name has to do."""
        return self.file


@dataclass(frozen=True, slots=True)
class DiscoveredResource:
    """One resource, ready to be applied. `message` is its protobuf envelope, with organization and scope filled."""

    kind: str
    message: Any  # a generated class, known only at run time
    source: ManifestSource | YamlSource

    @property
    def noun(self) -> str:
        """How people call the kind: `agent-instance`."""
        return BY_NAME[self.kind].singular

    @property
    def name(self) -> str:
        return str(self.message.metadata.name)

    @property
    def slug(self) -> str:
        """The slug the server will use. Empty where the name makes none, which the server refuses."""
        return str(self.message.metadata.slug) or slug_of(self.name)

    @property
    def data(self) -> bytes:
        """The serialized envelope."""
        return bytes(self.message.SerializeToString(deterministic=True))

    def envelope(self) -> Envelope:
        return Envelope(self.kind, self.data)


@dataclass(frozen=True, slots=True)
class Discovery:
    """Resources in the order in which to apply them. Each warning is one sentence for people."""

    resources: tuple[DiscoveredResource, ...]
    warnings: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many of each kind, by its noun."""
        return dict(Counter(resource.noun for resource in self.resources))


def discovery_of(
    found: Sequence[DiscoveredResource],
    *,
    org: str,
    dependencies: Mapping[str, Iterable[str]] | None = None,
    warnings: Iterable[str] = (),
) -> Discovery:
    """Fills in `org`, refuses duplicates, and brings `found` into order.

    `dependencies` maps `workflow:<slug>` to the `agent:<slug>` that it needs; names that are not in
    `found` may be on the server already and are passed over. Raises DuplicateSlug or DependencyCycle.
    """
    warned = list(warnings)
    for resource in found:
        warned += _place(resource, org)
    _refuse_duplicates(found)
    return Discovery(in_order(found, dependencies or {}), tuple(warned))


def _place(resource: DiscoveredResource, org: str) -> list[str]:
    """Puts a resource into its organization; says so where another one was written."""
    if resource.kind == ORGANIZATION:
        return []
    written = resource.message.metadata.org
    own(resource.message, org)
    if written and written != org:
        return [f"{resource.source}: {resource.noun} {resource.name!r} goes to organization {org!r}, not {written!r}"]
    return []


def _refuse_duplicates(found: Iterable[DiscoveredResource]) -> None:
    seen: dict[tuple[str, int, str], DiscoveredResource] = {}
    for resource in found:
        if not resource.slug:
            continue
        key = (resource.kind, resource.message.metadata.owner_scope, resource.slug)
        if (first := seen.setdefault(key, resource)) is not resource:
            raise DuplicateSlug(resource.noun, resource.slug, _describe(first), _describe(resource))


def _describe(resource: DiscoveredResource) -> str:
    return f"{resource.name!r} in {resource.source}"


def in_order(
    found: Sequence[DiscoveredResource], dependencies: Mapping[str, Iterable[str]]
) -> tuple[DiscoveredResource, ...]:
    """Each resource after what it depends on; otherwise by kind, then as found."""
    by_kind = sorted(found, key=lambda resource: RANK[resource.kind])
    keys = [f"{resource.noun}:{resource.slug}" for resource in by_kind]
    place_of = {key: place for place, key in reversed(list(enumerate(keys)))}
    needs = [[place_of[need] for need in dependencies.get(key, ()) if need in place_of] for key in keys]
    ordered: dict[int, None] = {}
    for place in range(len(by_kind)):
        if place not in ordered:
            _visit(place, needs, keys, ordered)
    return tuple(by_kind[place] for place in ordered)


def _visit(start: int, needs: Sequence[Sequence[int]], keys: Sequence[str], ordered: dict[int, None]) -> None:
    """Adds `start` to `ordered`, after everything it needs. A loop: a chain may be longer than Python's stack."""
    path = {start: iter(needs[start])}
    while path:
        here, left = next(reversed(path.items()))
        need = next((need for need in left if need not in ordered), None)
        if need is None:
            ordered[here] = None
            del path[here]
        elif need in path:
            circle = list(path)[list(path).index(need) :]
            raise DependencyCycle(keys[place] for place in (*circle, need))
        else:
            path[need] = iter(needs[need])
