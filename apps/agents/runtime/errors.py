"""Why a run ends otherwise than with an answer."""

from __future__ import annotations

from collections.abc import Iterable


class RunFailed(Exception):
    """The run cannot go on. The text becomes its error: one sentence for whoever started it, and lines of details."""

    def __init__(self, message: str, *, hint: str = "", details: Iterable[str] = ()) -> None:
        said = f"{message.removesuffix('.')}. {hint}" if hint else message
        super().__init__("\n  ".join([said, *details]))


class ModelFailed(RunFailed):
    """The model could not be asked, or gave no usable answer."""


class Interrupted(Exception):
    """The run is to stop now: cancelled, its lease lost, its runner stopping, or out of time."""


class NotBegun(Interrupted):
    """The run is to stop, and what it was about to do has not begun."""
