"""Why a database cannot grow: SQLite does not say, so the machine finds out."""

from __future__ import annotations

import errno
import resource
import tempfile
from pathlib import Path

import pytest

from apps.resources.storage_errors import StorageError, StorageFull, StorageQuota
from stigmer_site.machine.room import no_room


@pytest.mark.parametrize(
    ("code", "meaning"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageQuota), (errno.EIO, StorageFull)]
)
def test_what_the_system_says_of_a_write_beside_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, meaning: type[StorageError]
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(code, "refused")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert type(no_room(tmp_path / "stigmer.db")) is meaning


@pytest.mark.parametrize("grown", ["stigmer.db", "stigmer.db-wal"])
def test_a_limit_that_a_file_of_the_database_has_reached_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grown: str
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100 * 1024, 100 * 1024))
    (tmp_path / grown).write_bytes(bytes(90 * 1024))
    told = no_room(tmp_path / "stigmer.db").message
    assert told.startswith("the database has reached the limit on the size of a file, 100 kB")


def test_without_a_limit_it_is_the_disk(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    (tmp_path / "stigmer.db").write_bytes(bytes(90 * 1024))
    assert type(no_room(tmp_path / "stigmer.db")) is StorageFull
