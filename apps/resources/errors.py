"""Every error a caller of the control plane can be told about.

The sentence is written once, here; `api/status.py` knows which gRPC status each class becomes.
Errors know nothing of transports or terminals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

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


class LiveExecutions(StigmerError):
    """Deleting would end runs that are under way; `force` cancels them first."""

    reason = "stigmer.resource.live_executions"

    def __init__(self, kind: str, slug: str, execution_ids: list[str]) -> None:
        self.execution_ids = execution_ids
        shown = ", ".join(execution_ids[:5]) + (", ..." if len(execution_ids) > 5 else "")  # noqa: PLR2004
        super().__init__(
            f"{kind} {slug!r} has {len(execution_ids)} live execution(s): {shown}",
            hint="Wait for them, or delete with --force to cancel them first",
        )


class KeyFileDamaged(StigmerError):
    """The file with the keys of secret values holds something else."""

    reason = "stigmer.secrets.key_file_damaged"

    def __init__(self, path: Path, complaint: str) -> None:
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


class EngineUnavailable(StigmerError):
    """What would run it is not there; nothing was stored."""

    reason = "stigmer.execution.engine_unavailable"


class EnvironmentMissing(StigmerError):
    """A run cannot begin: what its instance refers to was deleted."""

    reason = "stigmer.execution.environment_missing"

    def __init__(self, environment: str, instance: str) -> None:
        super().__init__(
            f"environment {environment!r}, which instance {instance!r} refers to, does not exist",
            hint="Create it again, or take it out of the instance",
        )


class SecretUnreadable(StigmerError):
    """A run cannot begin: a value that it needs is sealed with a key that is gone."""

    reason = "stigmer.execution.secret_unreadable"

    def __init__(self, name: str, key_id: str) -> None:
        super().__init__(
            f"the value of {name} was encrypted with the key {key_id!r}, which is not on this machine",
            hint="Restore the key file, or set the value again",
        )


class IllegalTransition(StigmerError):
    """Phases only go forward, and a run that has ended stays as it is."""

    reason = "stigmer.execution.illegal_transition"

    def __init__(self, execution_id: str, before: str, after: str, *, has_ended: bool) -> None:
        self.before, self.after = before, after
        said = f"has already ended: {before}" if has_ended else f"is {before} and cannot become {after}"
        super().__init__(f"execution {execution_id} {said}")


class LeaseLost(StigmerError):
    """Somebody else works on the run now, or it has ended or gone: stop, and write nothing more."""

    reason = "stigmer.execution.lease_lost"

    def __init__(self, execution_id: str) -> None:
        super().__init__(f"execution {execution_id} is no longer ours to work on")
