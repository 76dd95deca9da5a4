"""Downloading the program from a host on loopback that stands in for the real one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apps.backends.local.temporal import download as downloads
from apps.backends.local.temporal import find
from apps.backends.local.temporal.download import download
from apps.backends.local.temporal.release import Release
from apps.backends.local.temporal.unavailable import TemporalUnavailable
from tests.backends.kit.release_host import OFFICIAL, STAND_IN, ReleaseHost, archive, release_host
from tests.support.daemon import wait_until
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def host() -> Iterator[ReleaseHost]:
    with release_host() as host:
        yield host


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "home" / "cache"


def refused(release: Release, cache: Path) -> TemporalUnavailable:
    """The error; whatever it was, nothing is left but the lock."""
    with pytest.raises(TemporalUnavailable) as caught:
        download(release, str(cache), lambda _stage: None)
    assert [path.name for path in cache.rglob("*") if path.is_file()] in ([], ["lock"])
    assert "backend.local.temporal.path" in caught.value.hint
    return caught.value


def test_the_program_is_downloaded_once_and_runs(host: ReleaseHost, cache: Path) -> None:
    told: list[str] = []
    path = download(host.release(), str(cache), told.append)
    assert path == find.cached(str(cache), "1.5.1")
    assert find.look_at(path).server == "1.29.1"
    assert told == ["downloading Temporal 1.5.1", "unpacking Temporal 1.5.1"]
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o700
    assert sorted(file.name for file in Path(path).parent.iterdir()) == ["lock", "temporal"]
    assert download(host.release(), str(cache), told.append) == path
    assert len(host.asked) == 1


def test_a_wrong_checksum_is_refused_before_anything_is_unpacked(
    host: ReleaseHost, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_unpack", lambda *_: pytest.fail("it was unpacked"))
    host.body = archive(("temporal", "#!/bin/sh\nrm -rf /\n"))
    error = refused(host.release(OFFICIAL), cache)
    assert "is not the official archive" in error.message
    assert hashlib.sha256(host.body).hexdigest() in error.message
    assert error.permanent


@pytest.mark.parametrize("cut", [0, 100])
def test_a_download_that_ends_early_is_tried_again_later(host: ReleaseHost, cache: Path, cut: int) -> None:
    host.cut = cut
    error = refused(host.release(), cache)
    assert "could not be downloaded from 127.0.0.1" in error.message
    assert not error.permanent


@pytest.mark.parametrize(("status", "permanent"), [(404, True), (403, True), (500, False), (503, False)])
def test_a_host_that_refuses_is_quoted(host: ReleaseHost, cache: Path, status: int, permanent: bool) -> None:
    host.status = status
    error = refused(host.release(), cache)
    assert f"does not give it out: {status} " in error.message
    assert host.release().url in error.message
    assert error.permanent is permanent


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"http://127.0.0.1:{free_port()}/t.tar.gz", "Connection refused"),
        ("http://no-such-host.invalid/t.tar.gz", "no-such-host.invalid"),
    ],
    ids=["nobody listens", "no such host"],
)
def test_without_a_network_it_is_told_and_tried_again(cache: Path, url: str, says: str) -> None:
    error = refused(Release("1.5.1", url, "00"), cache)
    assert says in error.message
    assert error.hint.startswith("It is tried again every minute")
    assert not error.permanent


@pytest.mark.parametrize(
    "body",
    [
        archive(("LICENSE", "be nice")),
        archive(("bin/temporal", STAND_IN)),
        archive(("../temporal", STAND_IN)),
        OFFICIAL[: len(OFFICIAL) // 2],
        b"not an archive",
    ],
)
def test_an_archive_without_the_program_is_refused(host: ReleaseHost, cache: Path, body: bytes) -> None:
    host.body = body
    assert "archive" in refused(host.release(body), cache).message


def test_only_the_program_is_taken_out_whatever_else_is_in_there(host: ReleaseHost, cache: Path) -> None:
    host.body = archive(("../../evil", "x"), ("/etc/evil", "x"), ("lib/x", "x"), ("temporal", STAND_IN))
    path = Path(download(host.release(host.body), str(cache), lambda _stage: None))
    assert {found.name for found in cache.parent.rglob("*") if found.is_file()} == {"temporal", "lock"}
    assert path.read_text() == STAND_IN


def test_an_endless_download_is_given_up(host: ReleaseHost, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "LARGEST_ARCHIVE", 100)
    host.body = os.urandom(1000)
    assert "is not the official archive" in refused(host.release(host.body), cache).message


def test_what_a_killed_download_left_is_no_hindrance(host: ReleaseHost, cache: Path) -> None:
    directory = Path(find.cached(str(cache), "1.5.1")).parent
    directory.mkdir(parents=True)
    for name in ("temporal.part", "temporal.tar.gz.part", "lock"):
        (directory / name).write_text("half")
    assert find.look_at(download(host.release(), str(cache), lambda _stage: None))
    assert sorted(file.name for file in directory.iterdir()) == ["lock", "temporal"]


def test_a_cache_that_cannot_be_written_is_told(host: ReleaseHost, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = refused(host.release(), tmp_path / "file" / "cache")
    assert "cannot be kept in" in error.message
    assert "Not a directory" in error.message


def test_two_daemons_with_one_cache_download_once(
    host: ReleaseHost, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_REPORT_SECONDS", 0.01)
    path = Path(find.cached(str(cache), "1.5.1"))
    path.parent.mkdir(parents=True)
    told: list[str] = []
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=download, args=(host.release(), str(cache), told.append))
        second.start()
        wait_until(lambda: bool(told), "the second one waits")
        path.write_text(STAND_IN)
    second.join(60)
    assert set(told) == {"waiting for another daemon that downloads Temporal"}
    assert host.asked == []
