"""The shape of a log line of `stigmer serve`: one JSON object an event, for programs that collect them."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from typing import ClassVar

from apps.shared.masking import for_log


class JsonFormatter(logging.Formatter):
    """`time` (UTC), `level`, `logger`, `message`, `unit`, `pid`, and `error` with the traceback where there is one.

    As in `logs.LineFormatter`, no secret of a run at hand is in it.
    """

    unit: ClassVar[str] = ""
    """Set once it is known: there is one a process."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": for_log(record.getMessage()),
            "unit": self.unit,
            "pid": os.getpid(),
        }
        if record.exc_info:
            said["error"] = for_log(self.formatException(record.exc_info))
        return json.dumps(said)
