"""What any call to the outside may come to, and how it is cut."""

from collections.abc import Callable
from contextlib import AbstractContextManager

Watch = Callable[[Callable[[], None]], AbstractContextManager[None]]
"""Takes what aborts a call while it is under way."""


class CallFailed(Exception):
    """There is no answer: `reason` is one of the words of the call's effect.

    `detail` is shown to people and kept; secrets in it are closed on its way into the run.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


class CallAborted(Exception):
    """Whoever watches the call has aborted it: its run is to end."""
