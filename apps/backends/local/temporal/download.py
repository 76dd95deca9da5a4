"""Downloading Temporal: one archive, its checksum, one file out of it.

Nothing of an archive is looked at before its checksum is right, and the program appears in the cache as a
whole or not at all. Several daemons may share a cache: one downloads, the others wait for it.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import shutil
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Final

from apps.backends.local.temporal.find import cached
from apps.backends.local.temporal.unavailable import INSTALL_HINT, TemporalUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps.backends.local.temporal.release import Release

_CHUNK: Final = 256 * 1024
_SILENCE_SECONDS: Final = 30.0
_REPORT_SECONDS: Final = 1.0
_MEGABYTE: Final = 1_000_000
LARGEST_ARCHIVE: Final = 500 * _MEGABYTE
LARGEST_PROGRAM: Final = 1_000 * _MEGABYTE


def download(release: Release, cache_dir: str, report: Callable[[str], None]) -> str:
    """Put the program of `release` into the cache and return its path; `report` is told what is being done.

    Raises TemporalUnavailable: no network, an answer that is not the archive, no room.
    """
    path = cached(cache_dir, release.version)
    directory = os.path.dirname(path)
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        with _alone(os.path.join(directory, "lock"), report):
            if not os.path.exists(path):  # another daemon may have been quicker
                _fetch_and_unpack(release, path, report)
    except urllib.error.HTTPError as error:
        raise _refused(release, error) from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise _unreachable(release, error) from None
    except OSError as error:
        raise TemporalUnavailable(
            f"Temporal {release.version} cannot be kept in {directory}: {error.strerror}",
            hint=f"Make room or a writable directory there. {INSTALL_HINT}",
            permanent=False,
        ) from None
    return path


@contextmanager
def _alone(path: str, report: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of the cache, waiting for who has it."""
    with open(path, "w", encoding="ascii") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                report("waiting for another daemon that downloads Temporal")
                time.sleep(_REPORT_SECONDS)
        yield


def _fetch_and_unpack(release: Release, path: str, report: Callable[[str], None]) -> None:
    # Fixed names, under the lock: what a killed download left behind is replaced by the next.
    archive, program = path + ".tar.gz.part", path + ".part"
    try:
        if (found := _fetch(release, archive, report)) != release.sha256:
            raise TemporalUnavailable(
                f"what {_host(release)} sent as Temporal {release.version} is not the official archive "
                f"(SHA-256 {found}, not {release.sha256}): it was thrown away",
                hint=f"Something between here and there may change what you download. {INSTALL_HINT}",
            )
        report(f"unpacking Temporal {release.version}")
        _unpack(archive, program)
        os.replace(program, path)
    finally:
        for left in (archive, program):
            with suppress(FileNotFoundError):
                os.unlink(left)


def _fetch(release: Release, archive: str, report: Callable[[str], None]) -> str:
    """Write what the release's address gives to `archive`. Returns its SHA-256."""
    report(f"downloading Temporal {release.version}")
    digest = hashlib.sha256()
    request = urllib.request.Request(release.url, headers={"User-Agent": "stigmer"})  # noqa: S310  # https, ours
    with urllib.request.urlopen(request, timeout=_SILENCE_SECONDS) as answer, _create(archive) as file:  # noqa: S310
        promised = int(answer.headers.get("Content-Length") or 0)
        got, reported = 0, time.monotonic()
        while chunk := _read(answer):
            got += len(chunk)
            if got > LARGEST_ARCHIVE:
                break  # its checksum cannot be right
            digest.update(chunk)
            file.write(chunk)
            if time.monotonic() - reported >= _REPORT_SECONDS:
                reported = time.monotonic()
                report(f"downloading Temporal {release.version} ({_of(got, promised)} MB)")
    if got < promised:
        raise ConnectionError(f"the connection ended after {_of(got, promised)} MB")
    return digest.hexdigest()


def _read(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(_CHUNK)
    except OSError as error:  # of the network, not of our disk
        raise ConnectionError(str(error) or "the connection was lost") from None


def _unpack(archive: str, program: str) -> None:
    """Take the one file that is wanted; whatever else is in there is not even looked at."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            member = next((entry for entry in tar if entry.name.removeprefix("./") == "temporal"), None)
            packed = tar.extractfile(member) if member and member.isreg() else None
            if member is None or packed is None or member.size > LARGEST_PROGRAM:
                raise TemporalUnavailable("Temporal's archive holds no program `temporal`", hint=INSTALL_HINT)
            with packed, _create(program, mode=0o700) as file:
                shutil.copyfileobj(packed, file, _CHUNK)
                file.flush()
                os.fsync(file.fileno())
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise TemporalUnavailable(f"Temporal's archive is damaged: {error}", hint=INSTALL_HINT) from None


def _create(path: str, mode: int = 0o600) -> IO[bytes]:
    with suppress(FileNotFoundError):
        os.unlink(path)
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb")


def _of(got: int, promised: int) -> str:
    return f"{got / _MEGABYTE:.0f} of {promised / _MEGABYTE:.0f}" if promised else f"{got / _MEGABYTE:.0f}"


def _host(release: Release) -> str:
    return urllib.parse.urlsplit(release.url).netloc


def _refused(release: Release, error: urllib.error.HTTPError) -> TemporalUnavailable:
    error.close()  # it is the answer, too
    return TemporalUnavailable(
        f"Temporal {release.version} is not on this machine, and {_host(release)} does not give it out: "
        f"{error.code} {error.reason} for {release.url}",
        hint=INSTALL_HINT,
        permanent=error.code in {401, 403, 404, 410},
    )


def _unreachable(release: Release, error: Exception) -> TemporalUnavailable:
    why = getattr(error, "reason", "") or error
    return TemporalUnavailable(
        f"Temporal {release.version} is not on this machine and could not be downloaded from {_host(release)}: "
        f"{getattr(why, 'strerror', '') or why or type(error).__name__}",
        hint=f"It is tried again every minute. {INSTALL_HINT}",
        permanent=False,
    )
