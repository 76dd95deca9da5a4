"""The shape of a log line: `2026-05-01T12:00:00.123Z INFO apps.resources.writes.actions: created ...`."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from apps.shared.masking import for_log


class LineFormatter(logging.Formatter):
    """UTC with milliseconds first, so that `stigmer server logs` can merge components by time.

    Libraries quote what they were given: whatever they say, no secret of a run at hand is in it.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return for_log(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        del datefmt
        at = datetime.fromtimestamp(record.created, UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
