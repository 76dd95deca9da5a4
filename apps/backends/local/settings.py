"""What the local backend must be told; everything else it finds out."""

from __future__ import annotations

from typing import NamedTuple


class LocalSettings(NamedTuple):
    """`data_dir` is absolute; `endpoint` (gRPC) and `web` (admin) are HOST:PORT on a loopback."""

    data_dir: str
    endpoint: str
    web: str
