"""The official release archives of Temporal's command line that may be downloaded: each with its SHA-256."""

from __future__ import annotations

import platform
import sys
from typing import Final, NamedTuple

from apps.backends.local.temporal.unavailable import INSTALL_HINT, TemporalUnavailable
from apps.backends.local_settings import TEMPORAL_VERSION

HOST: Final = "https://github.com"
_ARCHIVE: Final = "{host}/temporalio/cli/releases/download/v{version}/temporal_cli_{version}_{machine}.tar.gz"
_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

# By version, then by machine. A version that is not here is never downloaded.
CHECKSUMS: Final = {
    TEMPORAL_VERSION: {
        "linux_amd64": "ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d",
        "linux_arm64": "bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5",
        "darwin_arm64": "cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415",
        "darwin_amd64": "bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9",
    },
}


class Release(NamedTuple):
    version: str
    url: str
    sha256: str


def release_for(version: str, machine: str = "", host: str = HOST) -> Release:
    """The archive of `version` for `machine` (`linux_amd64`; this one by default). Raises TemporalUnavailable."""
    machine = machine or this_machine()
    if version not in CHECKSUMS:
        raise TemporalUnavailable(
            f"Temporal {version} is not on this machine, and its checksum is not known: it is not downloaded",
            hint=f"{INSTALL_HINT}. Or use {TEMPORAL_VERSION}: "
            f"`stigmer config set backend.local.temporal.version {TEMPORAL_VERSION}`",
        )
    if machine not in CHECKSUMS[version]:
        raise TemporalUnavailable(
            f"Temporal {version} is not on this machine, and there is no release of it for {machine}",
            hint=INSTALL_HINT,
        )
    return Release(version, _ARCHIVE.format(host=host, version=version, machine=machine), CHECKSUMS[version][machine])


def this_machine() -> str:
    """`linux_amd64`, `darwin_arm64` ..., as the release archives are named."""
    machine = platform.machine().lower()
    return f"{sys.platform}_{_MACHINES.get(machine, machine)}"
