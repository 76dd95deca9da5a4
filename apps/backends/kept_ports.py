"""The addresses that a home was given where the usual ones were taken, kept in its data directory for every command."""

from __future__ import annotations

import json
import os
from typing import Any, Final

from apps.processes.files import replace_file

API: Final = "backend.local.endpoint"
ADMIN: Final = "backend.local.web"
TEMPORAL: Final = "backend.local.temporal.port"
PORT_KEYS: Final = (API, ADMIN, TEMPORAL)
"""The settings that say where we listen. Where none of them is given, another free port may take a port's place."""


def kept_ports_file(data_dir: str) -> str:
    return os.path.join(data_dir, "ports.json")


def read_kept_ports(data_dir: str) -> dict[str, str]:
    """What stands for which setting; nothing where none had to be replaced, or the file is not ours."""
    try:
        with open(kept_ports_file(data_dir), "rb") as file:
            kept: dict[str, Any] = json.load(file)  # Any: JSON
        return {key: str(kept[key]) for key in PORT_KEYS if key in kept}
    except (OSError, ValueError, TypeError, RecursionError):
        return {}


def keep_port(data_dir: str, key: str, value: str) -> None:
    """Replace the file. Raises OSError; what was kept before is kept then."""
    kept = read_kept_ports(data_dir) | {key: value}
    replace_file(kept_ports_file(data_dir), f"{json.dumps(kept, indent=2)}\n".encode())
