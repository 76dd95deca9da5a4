"""What keeps the files of a database from growing."""

from __future__ import annotations

import errno
import resource
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from apps.resources.storage_errors import StorageError, StorageFileLimit, StorageFull, StorageQuota

_STEP: Final = 64 * 1024
"""Bytes. SQLite's files grow by less at a time."""
_MEANINGS: Final[Mapping[int, Callable[[], StorageError]]] = {errno.EDQUOT: StorageQuota, errno.ENOSPC: StorageFull}


def no_room(database: Path) -> StorageError:
    """Why a write to this SQLite file failed. SQLite does not hand on what the system said: we look, and try it."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY and _largest(database) + _STEP > limit:
        return StorageFileLimit(limit)
    try:
        with tempfile.TemporaryFile(dir=database.parent, buffering=0) as file:
            file.write(bytes(_STEP))
    except OSError as error:
        return _MEANINGS.get(error.errno or 0, StorageFull)()
    return StorageFull()


def _largest(database: Path) -> int:
    return max((file.stat().st_size for file in database.parent.glob(f"{database.name}*")), default=0)
