"""What the local backend must be told; everything else it finds out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

TEMPORAL_VERSION: Final = "1.5.1"


class ManagedTemporal(NamedTuple):
    """The Temporal that the daemon runs: `program` is one to use before all others, or ""."""

    cache_dir: str
    version: str = TEMPORAL_VERSION
    program: str = ""


class LlmSettings(NamedTuple):
    """Who answers for agents."""

    provider: str
    model: str
    base_url: str


class LocalSettings(NamedTuple):
    """`data_dir` is absolute; `endpoint` (gRPC) and `web` (admin) are HOST:PORT on a loopback.

    `temporal_address` is where workflows run, "" for nowhere; without `temporal` it is somebody else's server.
    """

    data_dir: str
    endpoint: str
    web: str
    temporal_address: str = ""
    temporal: ManagedTemporal | None = None
    llm: LlmSettings | None = None

    def to_arguments(self) -> tuple[str, ...]:
        """What a daemon is started with. It gets `llm` as its units do: by its environment."""
        return (self.data_dir, self.endpoint, self.web, self.temporal_address, *(self.temporal or ()))


def from_arguments(arguments: Sequence[str]) -> LocalSettings:
    """The inverse of `LocalSettings.to_arguments`, but for `llm`."""
    data_dir, endpoint, web, *rest = arguments
    address, *temporal = rest or [""]
    return LocalSettings(data_dir, endpoint, web, address, ManagedTemporal(*temporal) if temporal else None)
