"""Why the database cannot take a write, or be used at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from apps.resources.errors import StigmerError

if TYPE_CHECKING:
    from pathlib import Path


class StorageError(StigmerError):
    """The database cannot take a write. Subclasses say why."""

    may_pass: ClassVar[bool] = False
    """Whether trying again can help, without anybody doing anything."""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message, hint=hint)


class StorageFull(StorageError):
    reason = "stigmer.storage.full"

    def __init__(self) -> None:
        super().__init__(
            "the disk that holds the database is full; nothing was stored",
            hint="Free some space and repeat the command",
        )


class StorageQuota(StorageError):
    reason = "stigmer.storage.quota"

    def __init__(self) -> None:
        super().__init__(
            "your quota on the disk that holds the database is used up; nothing was stored",
            hint="Delete something of yours there, or have the quota raised, and repeat the command",
        )


class StorageFileLimit(StorageError):
    reason = "stigmer.storage.file_limit"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"the database has reached the limit on the size of a file, {limit_bytes // 1024:,} kB; nothing was stored",
            hint="Raise it where the server is started, `ulimit -f unlimited`, then `stigmer server restart`",
        )


class StorageReadOnly(StorageError):
    reason = "stigmer.storage.read_only"

    def __init__(
        self,
        hint: str = "Make the data directory writable, or move it with `stigmer config set backend.local.data_dir DIR`",
    ) -> None:
        super().__init__("the database cannot be written; nothing was stored", hint=hint)


class StorageBusy(StorageError):
    """Another process held the database, or rows of it, for longer than anybody waits."""

    reason = "stigmer.storage.busy"
    may_pass = True

    def __init__(self) -> None:
        super().__init__("the database is busy; nothing was stored", hint="Repeat the command")


class StorageUnreachable(StorageError):
    """The database's server cannot be reached, lets nobody in, or has closed the connection."""

    reason = "stigmer.storage.unreachable"
    may_pass = True

    def __init__(self) -> None:
        super().__init__(
            "the database cannot be reached, or has closed the connection",
            hint="See that its server runs and that STIGMER_DATABASE_URL is right, then repeat the command",
        )


class StorageCrowded(StorageError):
    reason = "stigmer.storage.too_many_connections"
    may_pass = True

    def __init__(self) -> None:
        super().__init__(
            "the database takes no more connections; nothing was stored",
            hint="Repeat the command; should that not help, raise `max_connections` of the database's server",
        )


class StorageOutOfMemory(StorageError):
    reason = "stigmer.storage.out_of_memory"
    may_pass = True

    def __init__(self) -> None:
        super().__init__("the database's server has no memory left; nothing was stored", hint="Repeat the command")


class MigrationsPending(StorageError):
    """The database lacks tables or columns of this version."""

    reason = "stigmer.storage.migrations_pending"
    may_pass = True

    def __init__(self, hint: str = "It is when the server of this version starts: `stigmer server restart`") -> None:
        super().__init__("the database is not migrated to this version yet", hint=hint)


class StorageDamaged(StorageError):
    reason = "stigmer.storage.damaged"

    def __init__(self, database: Path, copy: Path | None) -> None:
        """`copy` is the latest one there is."""
        away = f"Stop the daemon, move {database.name}* out of the way, and"
        super().__init__(
            f"the database {database} is damaged or is no database at all",
            hint=f"{away} put its latest copy in its place: {copy}"
            if copy
            else f"{away} start again with nothing stored: there is no copy of it",
        )


class ServerStorageDamaged(StorageError):
    """As StorageDamaged, where a server of its own keeps the data."""

    reason = "stigmer.storage.server_damaged"

    def __init__(self, database: str) -> None:
        super().__init__(
            f"the database {database} is damaged",
            hint="Look into the log of its server, and restore it from a backup",
        )


class StorageEmptied(StorageError):
    """There was something in the database once, and now there is nothing at all."""

    reason = "stigmer.storage.emptied"

    def __init__(self, database: Path, copy: Path | None) -> None:
        super().__init__(
            f"the database {database} is empty, although keys or copies of an earlier one are beside it",
            hint=f"Put its latest copy in its place: `cp {copy} {database}`"
            if copy
            else f"Restore it from a backup, or begin with nothing stored: `rm {database}`",
        )
