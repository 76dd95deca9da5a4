"""Why a run ends otherwise than with an answer."""

from __future__ import annotations


class RunFailed(Exception):
    """The run cannot go on. The text becomes its error: one sentence for whoever started it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message.removesuffix('.')}. {hint}" if hint else message)


class ModelFailed(RunFailed):
    """The model could not be asked, or gave no usable answer."""


class Interrupted(Exception):
    """The run is to stop now: cancelled, its lease lost, its runner stopping, or out of time."""


class NotBegun(Interrupted):
    """The run is to stop, and what it was about to do has not begun."""
