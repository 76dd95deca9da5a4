"""Every error a caller of the control plane can be told about.

The sentence is written once, here; `api/status.py` knows which gRPC status each class becomes.
Errors know nothing of transports or terminals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from apps.shared.counts import counted
from apps.shared.long_names import shortened

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Violation:
    """One complaint about one field; `path` is the place inside the envelope: `spec.tasks[2].name`."""

    path: str
    description: str

    def under(self, prefix: str) -> Violation:
        return Violation(f"{prefix}{self.path}", self.description)

    def __str__(self) -> str:
        return f"{self.path}: {self.description}" if self.path else self.description


def unsaid(more: Iterable[Violation], said: Iterable[Violation]) -> Iterator[Violation]:
    """Those of `more` whose field, and whatever it is in, `said` has no complaint about."""
    places = {violation.path for violation in said}
    for violation in more:
        path = violation.path
        if places.isdisjoint({path, *(path[: match.start()] for match in re.finditer(r"[.\[]", path))}):
            yield violation


class StigmerError(Exception):
    """Base of all. `reason` is stable and for programs; the text is one sentence for people."""

    reason: ClassVar[str]

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message, self.hint = shortened(message), shortened(hint)
        super().__init__(self.message)


class InvalidInput(StigmerError):
    """The request breaks rules of the contract; carries every violation, not only the first."""

    reason = "stigmer.request.invalid"

    def __init__(self, violations: Iterable[Violation], *, hint: str = "") -> None:
        self.violations = [Violation(each.path, shortened(each.description)) for each in violations]
        shown = "; ".join(str(violation) for violation in self.violations[:3])
        more = len(self.violations) - 3
        super().__init__(f"{shown}; and {more} more" if more > 0 else shown, hint=hint)

    @classmethod
    def at(cls, path: str, description: str, *, hint: str = "") -> InvalidInput:
        return cls([Violation(path, description)], hint=hint)


class NotFound(StigmerError):
    reason = "stigmer.resource.not_found"

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        super().__init__(f"{kind} {key!r} not found")


class RevisionNotFound(StigmerError):
    """The resource has, or had, revisions, and none of this number. `resource_id` names one that is gone, too."""

    reason = "stigmer.revision.not_found"

    def __init__(self, kind: str, resource_id: str, slug: str, number: int, newest: int) -> None:
        self.number, self.newest = number, newest
        there_are = f"there are 1 to {newest}" if newest > 1 else "there is only one"
        super().__init__(
            f"{kind} {slug!r} has no revision {number}: {there_are}", hint=f"stigmer history {kind} {resource_id}"
        )


class PositionGone(StigmerError):
    """The journal does not reach back so far any more, or is another one: the database was brought back."""

    reason = "stigmer.watch.position_gone"

    def __init__(self) -> None:
        super().__init__(
            "what happened since this position is not known any more",
            hint="List the resources again, and watch on from the position of the list",
        )


class AlreadyExists(StigmerError):
    reason = "stigmer.resource.already_exists"

    def __init__(self, kind: str, slug: str, resource_id: str) -> None:
        self.kind, self.slug, self.resource_id = kind, slug, resource_id
        super().__init__(
            f"{kind} {slug!r} already exists with id {resource_id}",
            hint="Choose another name, or update it with `stigmer apply`",
        )


class StaleVersion(StigmerError):
    """Somebody else wrote after the caller last read: lost-update protection."""

    reason = "stigmer.resource.stale_version"

    def __init__(self, kind: str, slug: str, seen: str, stored: str) -> None:
        self.kind, self.slug, self.seen, self.stored = kind, slug, seen, stored
        super().__init__(
            f"{kind} {slug!r} has changed: it is at version {stored}, not at {seen}",
            hint="Read it again and repeat the change, or leave metadata.version.id empty to overwrite",
        )


class Protected(StigmerError):
    """The object is part of the installation and cannot be created, changed or deleted by callers."""

    reason = "stigmer.resource.protected"


MOST_SHOWN: Final = 5
"""Runs that a message names, and the command it hints at."""


class LiveExecutions(StigmerError):
    """Deleting would end runs that are under way; `force` cancels them first."""

    reason = "stigmer.resource.live_executions"

    def __init__(self, kind: str, slug: str, execution_ids: list[str], *, hint: str = "") -> None:
        self.execution_ids = execution_ids
        shown = ", ".join(execution_ids[:MOST_SHOWN]) + (", ..." if len(execution_ids) > MOST_SHOWN else "")
        runs = counted(len(execution_ids), "run")
        super().__init__(
            f"{kind} {slug!r} has {runs} under way: {shown}",
            hint=hint or "Wait for them, or delete with --force to cancel them first",
        )


class OwnedElsewhere(StigmerError):
    """A resource that is applied belongs to another project, which would change under it."""

    reason = "stigmer.project.owned_elsewhere"

    def __init__(self, kind: str, slug: str, owner: str, *, more: int) -> None:
        """`more` counts the others of which the same is true."""
        self.owner = owner
        too = f"; {more} more of these resources belong to other projects, too" if more else ""
        super().__init__(
            f"{kind} {slug!r} belongs to project {owner!r}{too}",
            hint="Move it to this project with `stigmer apply --take-over`, or give it another name here",
        )


class NeededElsewhere(StigmerError):
    """What would be deleted has something of another project below it."""

    reason = "stigmer.project.needed_elsewhere"

    def __init__(self, kind: str, slug: str, owner: str) -> None:
        self.owner = owner
        super().__init__(
            f"{kind} {slug!r} would be deleted, too, and belongs to project {owner!r}",
            hint=f"Take it out of project {owner!r} first: `stigmer delete {kind} {slug}`",
        )


class StalePlan(StigmerError):
    """What would be deleted is not what somebody agreed to."""

    reason = "stigmer.project.stale_plan"

    def __init__(self, project: str) -> None:
        super().__init__(
            f"what would be deleted of project {project!r} has changed since it was shown; nothing was changed",
            hint="Repeat the command to see what would be deleted now",
        )


class ArtifactMissing(StigmerError):
    """A skill is to be made of an archive that is not here, or is not the caller's to see."""

    reason = "stigmer.skill.artifact_missing"

    def __init__(self, digest: str) -> None:
        self.digest = digest
        super().__init__(f"the artifact {digest} is not kept here", hint="Upload it once more, then try again")


class ArtifactTooLarge(StigmerError):
    """An archive does not fit into one answer."""

    reason = "stigmer.skill.artifact_too_large"

    def __init__(self, key: str, size: int, most: int) -> None:
        self.key, self.size = key, size
        super().__init__(
            f"{key} has {size:,} bytes, and an answer carries at most {most:,}",
            hint="Use ai.stigmer.controlplane.v1.SkillController.download, which sends it in parts",
        )


class StillUsed(StigmerError):
    """Others refer to what is to be deleted; `force` deletes it all the same. `users`: kind and slug of each."""

    reason = "stigmer.resource.still_used"

    def __init__(self, kind: str, slug: str, users: list[tuple[str, str]], *, hint: str = "") -> None:
        self.users = users
        shown = ", ".join(f"{kind_of} {name!r}" for kind_of, name in users[:5]) + (", ..." if len(users) > 5 else "")  # noqa: PLR2004
        super().__init__(
            f"{kind} {slug!r} is used by {shown or 'others'}",
            hint=hint
            or "Take it out of them, or delete it with --force: their runs are refused until it is there again",
        )


class KeyFileDamaged(StigmerError):
    """The file with the keys of secret values holds something else."""

    reason = "stigmer.secrets.key_file_damaged"

    def __init__(self, path: Path, complaint: str) -> None:
        self.complaint = complaint
        super().__init__(
            f"the key file {path} is damaged: {complaint}",
            hint="Restore it from a backup; or move it away, and set every secret again",
        )


class DatabaseTooNew(StigmerError):
    """The database was written by a later version of the program."""

    reason = "stigmer.storage.too_new"

    def __init__(self, path: str, unknown: list[str]) -> None:
        self.unknown = unknown
        super().__init__(
            f"the database {path} was written by a newer version of stigmer (it has {unknown[0]}, unknown here)",
            hint="Upgrade stigmer, or use another data directory: `stigmer config set backend.local.data_dir DIR`",
        )


class AddressInUse(StigmerError):
    reason = "stigmer.server.address_in_use"

    def __init__(self, address: str, holder: str, *, hint: str = "") -> None:
        self.address = address
        super().__init__(f"{address} is taken by {holder}", hint=hint)


class TooManyStreams(StigmerError):
    """Each holds a thread of the server. Trying again can help."""

    reason = "stigmer.server.too_many_streams"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} streams are open already, which is all that this server serves at a time",
            hint="End some of those that follow runs, then try again",
        )


class ForeignUser(StigmerError):
    """The caller is a process of somebody who has nothing to do here. `user` is empty where it is gone already."""

    reason = "stigmer.caller.foreign_user"

    def __init__(self, user: str, owner: str) -> None:
        who = f"user {user}" if user else "a connection that is closed already"
        super().__init__(
            f"this server belongs to user {owner}, and does not answer {who}",
            hint="Run a server of your own: `stigmer server start`",
        )


class TokenRequired(StigmerError):
    reason = "stigmer.caller.token_required"

    def __init__(self) -> None:
        super().__init__(
            "this server asks for its token, and the call brought none or another one",
            hint="Send `authorization: Bearer TOKEN` with the text of keys/api-token in the server's data directory",
        )


class NotSignedIn(StigmerError):
    """Whoever calls has not said who they are, or not so that it can be believed."""

    reason = "stigmer.caller.not_signed_in"

    def __init__(self, complaint: str) -> None:
        super().__init__(complaint, hint="Send `authorization: Bearer KEY` with an API key that is valid")


class ServerStopping(StigmerError):
    """This replica ends; another one answers."""

    reason = "stigmer.server.stopping"

    def __init__(self) -> None:
        super().__init__("this replica of the server is being stopped", hint="Ask again: another one answers")


class PermissionDenied(StigmerError):
    """The caller sees it, and may not do that with it."""

    reason = "stigmer.permission.denied"

    def __init__(self, permission: str, what: str, said: str = "") -> None:
        self.permission = permission
        super().__init__(
            said or f"this takes the permission {permission} on {what}",
            hint="Ask an owner or admin of the organization for a role that has it",
        )


class LastOwner(StigmerError):
    """An organization without an owner could be given to nobody any more."""

    reason = "stigmer.permission.last_owner"

    def __init__(self, organization_id: str) -> None:
        super().__init__(
            f"organization {organization_id} would have no owner left",
            hint="Make somebody else an owner first",
        )
