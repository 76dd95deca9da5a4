"""A kind's card: everything the generic machinery must know about one kind of resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, Generic, NamedTuple, Protocol

from django.db import models
from typing_extensions import TypeVar  # with a default, as Python's own has it from 3.13 on

from apps.resources.base import OwnerScope, Resource
from apps.resources.caller import Caller
from apps.resources.errors import Violation
from apps.resources.json_value import Json

Row = TypeVar("Row", bound=Resource, default=Resource)
Row_co = TypeVar("Row_co", bound=Resource, default=Resource, covariant=True)
"""The table that the resources of a kind are stored in. Without one, a kind is any kind."""


@dataclass
class Metadata:
    """What a caller says about a resource beside its spec; the contract's ApiResourceMetadata."""

    name: str = ""
    slug: str = ""
    id: str = ""
    org: str = ""
    owner_scope: int = OwnerScope.UNSPECIFIED
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    version_id: str = ""
    version_message: str = ""


@dataclass(eq=False)
class Draft(Generic[Row_co]):
    """A validated wish: one resource as a caller wants it. Only `codec` makes them.

    `spec` is its JSON form (None when the envelope has none) and `payload` the same as a serialized
    message; both carry `********` where `secrets` has the plaintext, keyed by path.
    """

    kind: Kind[Row_co]
    metadata: Metadata
    spec: dict[str, Json] | None
    payload: bytes
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """Plaintext by path; the mask itself where the caller wants to keep what is stored."""
    declared_secrets: tuple[str, ...] = ()
    """Paths of secrets without a value, where the kind keeps what is stored for them."""
    uses: frozenset[tuple[str, Identity]] = frozenset()
    """What its references lead to, by the name of the kind; found when it is written."""
    status: dict[str, Json] = field(default_factory=dict)
    taken_columns: dict[str, Json] = field(default_factory=dict, repr=False)
    """Values of columns that are not in the spec: `Kind.taken_fields`, and what its actions add."""
    parent: Resource | None = None
    """The stored row it belongs to, where whoever made the draft has read it already."""
    place: str = ""
    """Prefix of its paths in complaints: `resources[3].` in a batch."""
    warnings: list[str] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        return Identity(self.metadata.owner_scope, self.metadata.org, self.metadata.slug)


class Identity(NamedTuple):
    """What is unique within a kind."""

    owner_scope: int
    org: str
    slug: str


@dataclass(frozen=True)
class IdField:
    """A text of the spec that holds the id of another resource. Callers may write its slug; the id is stored."""

    kind: str
    spec_field: str

    @property
    def path(self) -> str:
        return f"spec.{self.spec_field}"


@dataclass(frozen=True)
class Parent(IdField):
    """That of the resource this one belongs to and is deleted with."""

    column: str
    same_org: bool = False


@dataclass(frozen=True)
class ReferenceField:
    """A message in the spec that refers to a stored resource by its slug: an ApiResourceReference, or what has a name.

    `path` names fields from the spec down; `[]` walks every item: `sub_agents[].skill_refs[]`.
    """

    path: str
    kind: str
    called: frozenset[str] = frozenset()
    """What a reference may say its kind is, "" for one that says nothing; empty where the contract has the rule."""
    slug_field: str = "slug"
    unless: tuple[str, ...] = ()
    """Fields that make the message speak for itself: with any of them it refers to nothing."""
    may_be_elsewhere: bool = False
    """Whether what belongs to the platform, or to another organization, may be missing: whoever deploys hears of it."""
    may_be_missing: bool = False
    """Whether it is only noted: what is not there may come, and is looked for when it is needed."""


@dataclass(frozen=True)
class SpecReference:
    """A reference that stands at `path` of a spec."""

    field: ReferenceField
    path: str
    value: dict[str, Json]

    @property
    def slug(self) -> str:
        return str(self.value.get(self.field.slug_field, ""))


@dataclass(frozen=True)
class SpecReview:
    """What a kind says of a spec by itself, without the database."""

    violations: Sequence[Violation] = ()
    """Of rules beyond the contract's, paths from `spec.` on: not empty, and the spec is refused."""
    status: dict[str, Json] = field(default_factory=dict)
    """Fields of the status that follow from the spec; the others are kept."""
    warnings: list[str] = field(default_factory=list)
    """What whoever deploys it should hear."""


@dataclass(frozen=True)
class OwnedRows:
    """Rows of another table that go with a resource: those whose `column` has its id.

    Where they are resources themselves, what is kept beside them goes, too.
    """

    model: type[models.Model]
    column: str


class Protection(Protocol):
    """Keeps callers from what is part of the installation."""

    def permit_creation(self, slug: str, caller: Caller) -> None:
        """Raise Protected when this caller may not create one."""

    def permit_deletion(self, slug: str, caller: Caller) -> None:
        """Raise Protected when this caller may not delete it."""


class Action(Enum):
    """What a write does to a resource."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"


class Kind(Generic[Row_co]):
    """Base card. A kind says what differs; what it leaves out has the default meaning.

    It says and does nothing else: cards stand below whatever stores, reads, writes and shows resources.
    """

    name: ClassVar[str]
    """As in manifests: `AgentInstance`."""
    plural: ClassVar[str]
    """For people, in lower case: `agent instances`."""
    number: ClassVar[int]
    """Value in the contract's ApiResourceKind."""
    prefix: ClassVar[str]
    """Of ids: `ain`."""
    package: ClassVar[str]
    """Of its messages and services: `ai.stigmer.agentic.agentinstance.v1`."""
    model: type[Row_co]
    excused_rules: ClassVar[frozenset[str]] = frozenset()
    """Ids of contract rules that `review` replaces, because the published rule is known to be wrong."""
    is_named_by_id: ClassVar[bool] = False
    """Whether one without a name gets one of ours: `session-<ulid>`."""
    declares_secrets: ClassVar[bool] = False
    """Whether a secret without a value only declares it: an apply keeps the value that is stored."""
    is_kept_while_used: ClassVar[bool] = False
    """Whether deleting one that others refer to has to be forced."""
    has_fixed_spec: ClassVar[bool] = False
    """Whether its spec stays as it was created: such a resource is created and never applied."""
    is_applied: ClassVar[bool] = True
    """Whether `apply` makes and changes it. What is not comes about by a run, a sign-up, an RPC of its own."""
    computed_fields: ClassVar[tuple[str, ...]] = ()
    """Fields of the spec that only we write: what a caller says there is not read, what is stored stays."""
    settled_fields: ClassVar[tuple[str, ...]] = ()
    """Fields of the spec that stay as they were created: an update with another value is refused."""
    belongs_to_organization: ClassVar[bool] = True
    default_scope: ClassVar[int] = OwnerScope.UNSPECIFIED
    """Scope of a resource whose envelope leaves it open."""
    parent: ClassVar[Parent | None] = None
    further_ids: ClassVar[tuple[IdField, ...]] = ()
    """Ids in the spec beside its parent's."""
    references: ClassVar[tuple[ReferenceField, ...]] = ()
    owns_by_org: ClassVar[bool] = False
    """Whether its slug is what other resources carry as `org`, so that they go with it."""
    is_left_by_runs: ClassVar[bool] = False
    """Whether running something makes its resources: lists of what people changed leave them out."""
    default_instance: ClassVar[str] = ""
    """Kind of the instance that every resource of this kind gets, named `<slug>-default`."""
    spec_columns: ClassVar[tuple[str, ...]] = ()
    """Texts of the spec that are stored in columns of the same name, too."""
    taken_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that are taken out of the spec, into columns of the same name, and never shown."""
    given_status: ClassVar[tuple[str, ...]] = ()
    """Texts of the status that a caller may give, because they name what was stored before; they count as a change."""
    versions: ClassVar[type[models.Model] | None] = None
    """Table of versions that references may name by hash or tag, for a kind whose status has a `version_hash`.

    Its columns: the id of the resource as `<noun>_id`, `number`, `version_id`, `version_hash`, `tag`."""
    is_known_from_elsewhere: ClassVar[bool] = False
    """Whether whoever may import may keep those of organizations that are not here: programs refer to them."""
    keeps_status: ClassVar[bool] = False
    """Whether its status is made of what happens to it: a write of anything else keeps the one that is stored."""
    owned_rows: ClassVar[tuple[OwnedRows, ...]] = ()
    protection: ClassVar[Protection | None] = None

    @property
    def title(self) -> str:
        """The plural at the head of a page; abbreviations stay as they are."""
        return f"{self.plural[0].upper()}{self.plural[1:]}"

    @property
    def group(self) -> str:
        return self.package.split(".")[2]

    @property
    def api_version(self) -> str:
        return f"{self.group}.stigmer.ai/v1"

    @property
    def message_name(self) -> str:
        return f"{self.package}.{self.name}"

    @property
    def noun(self) -> str:
        """As on the command line: `agent-instance`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.name).lower()

    @property
    def id_fields(self) -> tuple[IdField, ...]:
        """Every field of the spec that holds an id."""
        return (self.parent, *self.further_ids) if self.parent else self.further_ids

    @property
    def word(self) -> str:
        """As in the contract's enum of kinds, and in policies: `agent_instance`."""
        return self.noun.replace("-", "_")

    def review(self, spec: dict[str, Json]) -> SpecReview:
        """What is to be said of a spec that a caller wants stored."""
        return SpecReview(
            [
                Violation(reference.path, f"must refer to a kind {reference.field.kind}")
                for reference in self.references_in(spec)
                if reference.field.called and reference.value.get("kind", "") not in reference.field.called
            ]
        )

    def review_annotations(self, annotations: Mapping[str, str]) -> Sequence[Violation]:
        """What is wrong with annotations that mean something to this kind."""
        del annotations
        return ()

    def references_in(self, spec: dict[str, Json]) -> Iterator[SpecReference]:
        """Every reference in a spec of this kind, in order."""
        for each in self.references:
            for path, value in _walk(spec, each.path.split("."), "spec"):
                if not any(field in value for field in each.unless):
                    yield SpecReference(each, path, value)

    def columns(self, draft: Draft) -> dict[str, Json]:
        """Values of the model's own columns, beyond the envelope's."""
        if draft.spec is None:
            return draft.taken_columns
        values = {name: draft.spec.get(name, "") for name in self.spec_columns}
        if self.parent is not None:
            values[self.parent.column] = draft.spec.get(self.parent.spec_field)
        return {**values, **draft.taken_columns}

    def status_of(self, row: Resource) -> dict[str, Json]:
        """The kind's own fields of the status, as JSON; where it `keeps_status`, what it begins with."""
        status: dict[str, Json] = row.status
        return status

    def __repr__(self) -> str:
        return f"<kind {self.name}>"


def _walk(value: Json, steps: list[str], path: str) -> Iterator[tuple[str, Json]]:
    """Every value that `steps` leads to (`a`, or `b[]` for each item of b), with its path."""
    if not steps:
        yield path, value
        return
    name = steps[0].removesuffix("[]")
    inner, place = value.get(name), f"{path}.{name}"
    if steps[0].endswith("[]"):
        for index, item in enumerate(inner or ()):
            yield from _walk(item, steps[1:], f"{place}[{index}]")
    elif inner is not None:
        yield from _walk(inner, steps[1:], place)
