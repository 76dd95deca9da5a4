"""ServerController: what is running here."""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from stigmer_proto.controlplane.v1 import server_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.services import Request
from apps.resources.json_value import Json

STARTED = time.time()
STARTED_MONOTONIC = time.monotonic()


class ServerInfoService(Service):
    """Its attributes are set by the composition root when the service is added to a server."""

    full_name = "ai.stigmer.controlplane.v1.ServerController"
    version = ""
    data_dir = ""
    state_file = Path()
    """Where the daemon writes the state of its units; missing when the server was started by hand."""

    def getInfo(self, request: Request, context: grpc.ServicerContext) -> server_pb2.ServerInfo:  # noqa: N802  # contract
        del request, context
        return server_pb2.ServerInfo(
            version=self.version,
            build=f"{platform.python_implementation()} {platform.python_version()} {platform.system()} "
            f"{platform.machine()}",
            data_dir=self.data_dir,
            started_at=_timestamp(STARTED),
            uptime_seconds=int(time.monotonic() - STARTED_MONOTONIC),
            components=[_component(entry) for entry in _components(self.state_file)],
        )


def _components(state_file: Path) -> list[dict[str, Json]]:
    try:
        state = json.loads(state_file.read_text())
    except (OSError, ValueError):
        return []
    return state.get("components", []) if isinstance(state, dict) else []


def _component(entry: dict[str, Json]) -> server_pb2.Component:
    return server_pb2.Component(
        name=entry.get("name", ""),
        state=entry.get("state", ""),
        pid=entry.get("pid") or 0,
        address=entry.get("address") or "",
        reason=entry.get("reason") or "",
        starts=entry.get("starts") or 0,
        since=_timestamp(entry.get("since") or 0),
    )


def _timestamp(seconds: float) -> Timestamp:
    return Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1_000_000_000))


SERVICES = (ServerInfoService,)
