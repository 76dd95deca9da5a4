"""Resources as the command line names and prints them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.backends import kinds
from cli.errors import CliError
from cli.exits import Exit

if TYPE_CHECKING:
    from apps.backends.base import Backend, Envelope

ULID = r"[0-7][0-9a-hjkmnp-tv-z]{25}"


# A run is an agent's or a workflow's; its id tells.
ANY_RUN = ("execution", "executions", "ex", "exs")


def means_any_run(noun: str) -> bool:
    """Whether `noun` means runs of agents and of workflows alike."""
    return noun.lower() in ANY_RUN


def find_kind(noun: str, name: str = "") -> kinds.Kind:
    """The kind that `noun` means: plural, singular, short or as in a manifest, in any case.

    With the id of a run in `name`, `execution` is enough.
    """
    kind = kinds.BY_NOUN.get(noun.lower().replace("_", "-"))
    if means_any_run(noun):
        kind = next((each for each in kinds.KINDS if name.startswith(f"{each.id_prefix}-")), None)
        if kind is None:
            raise CliError(f"execution {name!r} not found", hint="stigmer executions list", exit=Exit.NOT_FOUND)
    if kind is None:
        known = ", ".join(f"{each.plural} ({each.short})" for each in kinds.KINDS)
        raise CliError(f"there is no kind {noun!r}", hint=f"Kinds: {known}", exit=Exit.MISUSE)
    return kind


def find_resource(backend: Backend, kind: kinds.Kind, name: str, org: str) -> Envelope:
    """One resource by name, slug or id; NOT_FOUND (exit code 4) when there is none."""
    from apps.backends.base import NotFound

    try:
        if re.fullmatch(f"{kind.id_prefix}-{ULID}", name):
            return backend.get(kind.name, resource_id=name)
        return backend.get(kind.name, slug=slug_of(name), org=org)
    except NotFound as error:
        raise CliError(
            f"{kind.singular} {name!r} not found", hint=f"stigmer get {kind.plural}", exit=Exit.NOT_FOUND
        ) from error


def slug_of(name: str) -> str:
    """The slug that the server makes of `name`; a slug stays as it is, and so does what makes none."""
    from apps.shared import slugs

    return slugs.slug_of(name) or name


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
        """`agent/code-reviewer`."""
        return f"{self.kind.singular}/{self.slug}"

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
        record = self.record()
        record.pop("status", None)
        metadata = record.get("metadata", {})
        for key in ("id", "org", "version"):
            metadata.pop(key, None)
        if metadata.get("ownerScope") == "organization":
            del metadata["ownerScope"]
        return record
