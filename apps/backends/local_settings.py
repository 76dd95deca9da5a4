"""What the local backend must be told; everything else it finds out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from apps.backends.kept_ports import ADMIN, API, TEMPORAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.processes.addresses import Address

TEMPORAL_VERSION: Final = "1.5.1"
# How the daemon and its units are handed the settings: one piece, in this variable. It holds no secrets.
VARIABLE: Final = "STIGMER_SETTINGS"

NOTHING: Final[Mapping[str, str | int | bool | None]] = {}


class ManagedTemporal(NamedTuple):
    """The Temporal that the daemon runs: `program` is one to use before all others, or ""."""

    cache_dir: str
    version: str = TEMPORAL_VERSION
    program: str = ""


class LocalSettings(NamedTuple):
    """`data_dir` is absolute; `endpoint` (gRPC) and `web` (admin) are HOST:PORT on a loopback.

    `temporal_address` is where workflows run, "" for nowhere; without `temporal` it is somebody else's server.
    `values` are all local settings by their keys (`backend.local.llm.model`): what the daemon itself has no use for
    is there for its units.
    """

    data_dir: str
    endpoint: str
    web: str
    temporal_address: str = ""
    temporal: ManagedTemporal | None = None
    values: Mapping[str, str | int | bool | None] = NOTHING
    movable: tuple[str, ...] = ()
    """Keys of addresses that nobody asked for: where one is taken, the daemon takes another."""

    def moved(self, key: str, address: Address) -> LocalSettings:
        """With another address for one of PORT_KEYS."""
        value: str | int = address.port if key == TEMPORAL else str(address)
        return self._replace(
            endpoint=str(address) if key == API else self.endpoint,
            web=str(address) if key == ADMIN else self.web,
            temporal_address=str(address) if key == TEMPORAL else self.temporal_address,
            values={**self.values, key: value},
        )

    def text(self, key: str) -> str:
        """The value of a key as text; "" when it is unset. Raises KeyError for a key that was not handed over."""
        value = self.values[key]
        return "" if value is None else str(value)

    def to_json(self) -> str:
        return json.dumps(self._asdict())


def from_json(text: str) -> LocalSettings:
    """The inverse of `LocalSettings.to_json`."""
    told = json.loads(text)
    temporal = told.pop("temporal")
    movable = tuple(told.pop("movable"))
    return LocalSettings(**told, temporal=ManagedTemporal(*temporal) if temporal else None, movable=movable)


def from_environ(environ: Mapping[str, str]) -> LocalSettings | None:
    """What the daemon handed over; None in a process that it did not start."""
    text = environ.get(VARIABLE, "")
    return from_json(text) if text else None
