"""A resource that a backend has answered, decoded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.backends import kinds
from apps.backends.run_kinds import RUN_KINDS

if TYPE_CHECKING:
    from apps.backends.base import Envelope

ULID = r"[0-7][0-9a-hjkmnp-tv-z]{25}"


def is_id_of(kind: str, name: str) -> bool:
    """Whether `name` has the form of an id of this kind."""
    return re.fullmatch(f"{kinds.BY_NAME[kind].id_prefix}-{ULID}", name) is not None


def slug_of(name: str) -> str:
    """The slug that the server makes of `name`; a slug stays as it is, and so does what makes none."""
    from apps.shared import slugs

    return slugs.slug_of(name) or name


def own(message: Any, org: str) -> None:  # a generated class
    """Put a resource into `org`, which owns it unless its author said who does."""
    metadata = message.metadata
    metadata.org = org
    if not metadata.owner_scope:
        scopes = metadata.DESCRIPTOR.fields_by_name["owner_scope"].enum_type.values_by_name
        metadata.owner_scope = scopes["organization"].number


@dataclass(frozen=True)
class Resource:
    """An envelope, decoded."""

    kind: kinds.Kind
    message: Any  # a generated class, known only at run time

    @classmethod
    def of(cls, envelope: Envelope) -> Resource:
        """Decode `envelope`."""
        kind = kinds.BY_NAME[envelope.kind]
        return cls(kind, kind.message_class().FromString(envelope.data))

    @property
    def slug(self) -> str:
        """The name that commands take."""
        return str(self.message.metadata.slug)

    @property
    def label(self) -> str:
        """`agent/code-reviewer`; of a run, which nobody names, `agent-execution/aex-01m8...`."""
        name = self.message.metadata.id if self.kind.name in RUN_KINDS else self.slug
        return f"{self.kind.singular}/{name}"

    @property
    def noun(self) -> str:
        """`mcp server`, for sentences."""
        return self.kind.singular.replace("-", " ")

    @property
    def updated(self) -> float:
        """When the spec last changed, in seconds from the epoch; 0 when the server does not say."""
        audit = self.message.status.audit.spec_audit
        return float(audit.updated_at.seconds or audit.created_at.seconds)

    @property
    def description(self) -> str:
        """The first line of the spec's description, where the kind has one."""
        spec = self.message.spec
        text = str(getattr(spec, "description", "") or getattr(spec, "subject", ""))
        return text.strip().partition("\n")[0]

    def record(self) -> dict[str, Any]:  # plain data
        """Everything, with the names and forms of the contract's JSON; the same every time."""
        from google.protobuf.json_format import MessageToDict

        from apps.shared.message_json import in_order

        found: dict[str, Any] = in_order(MessageToDict(self.message), self.message.DESCRIPTOR)
        return found

    def manifest(self) -> dict[str, Any]:  # plain data
        """What `stigmer apply -f` takes: everything but what the server keeps about the resource."""
        from apps.schemas.manifest_form import manifest_of

        return manifest_of(self.message)
