"""Contents by their digest: kept whole or not at all, once each, and never another content."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path

import pytest

from apps.resources.storage.blobs import BlobDirectory

CONTENT = b"the same in every process"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobDirectory:
    return BlobDirectory(tmp_path / "content")


def test_what_is_put_is_there_under_its_digest_for_everybody(blobs: BlobDirectory) -> None:
    assert blobs.put(CONTENT) == DIGEST
    assert blobs.put(CONTENT) == DIGEST
    other = BlobDirectory(blobs.path)
    assert other.get(DIGEST) == CONTENT
    assert list(other.digests()) == [DIGEST]


def test_what_is_deleted_is_gone_and_may_be_put_again(blobs: BlobDirectory) -> None:
    kept = blobs.put(b"kept")
    blobs.put(CONTENT)
    blobs.delete(DIGEST)
    blobs.delete(DIGEST)
    with pytest.raises(KeyError):
        blobs.get(DIGEST)
    assert list(blobs.digests()) == [kept]
    blobs.put(CONTENT)
    assert blobs.get(DIGEST) == CONTENT


def test_where_nothing_was_put_there_is_nothing(blobs: BlobDirectory) -> None:
    assert list(blobs.digests()) == []
    with pytest.raises(KeyError):
        blobs.get(DIGEST)


def test_a_file_that_was_damaged_is_not_given_out_and_is_mended_by_the_next_put(blobs: BlobDirectory) -> None:
    blobs.put(CONTENT)
    _place(blobs).write_bytes(CONTENT[:7])
    with pytest.raises(KeyError):
        blobs.get(DIGEST)
    blobs.put(CONTENT)
    assert blobs.get(DIGEST) == CONTENT


@pytest.mark.parametrize("digest", ["", "../../keys/secrets", DIGEST.upper(), f"{DIGEST}\n"])
def test_what_is_no_digest_leads_nowhere(blobs: BlobDirectory, digest: str) -> None:
    outside = blobs.path.parent / "secrets"
    outside.write_text("key")
    blobs.put(CONTENT)
    with pytest.raises(KeyError):
        blobs.get(digest)
    blobs.delete(digest)
    assert outside.exists()
    assert blobs.get(DIGEST) == CONTENT


def test_a_write_that_fails_leaves_nothing_behind(blobs: BlobDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        blobs.put(b"so that there are folders")
        patched.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="no space"):
            blobs.put(CONTENT)
    assert DIGEST not in list(blobs.digests())
    assert not list(blobs.path.rglob("*.part"))


def test_a_file_larger_than_memory_need_be_is_put_and_opened(blobs: BlobDirectory, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(CONTENT * 100_000)
    with source.open("rb") as file:
        file.read(7)
        digest = blobs.put_file(file)
    with blobs.open(digest) as file:
        blobs.delete(digest)
        assert file.read() == source.read_bytes()


def test_what_dead_writers_have_left_is_tidied_away_and_what_somebody_writes_is_not(blobs: BlobDirectory) -> None:
    blobs.put(CONTENT)
    folder = _place(blobs).parent
    left, under_way = folder / f"{DIGEST}.00000000.part", folder / f"{DIGEST}.11111111.part"
    left.touch()
    with under_way.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        blobs.tidy()
    assert {path.name for path in folder.iterdir()} == {DIGEST, under_way.name}


def test_a_part_that_is_tidied_away_before_it_is_locked_is_made_again(
    blobs: BlobDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    parts: list[Path] = []

    def tidied_before(descriptor: int, operation: int) -> None:
        if not parts:
            parts.extend(blobs.path.rglob("*.part"))
            parts[0].unlink()
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", tidied_before)
    assert blobs.put(CONTENT) == DIGEST
    assert blobs.get(DIGEST) == CONTENT


def test_only_the_owner_can_look(blobs: BlobDirectory) -> None:
    blobs.put(CONTENT)
    place = _place(blobs)
    assert place.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (place.parent, blobs.path)} == {0o700}


def _place(blobs: BlobDirectory) -> Path:
    (place,) = blobs.path.rglob(DIGEST)
    return place
