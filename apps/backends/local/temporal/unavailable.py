"""Why there is no Temporal."""

from __future__ import annotations


class TemporalUnavailable(Exception):
    """`message` is one sentence, `hint` the way out.

    `permanent` tells that trying again cannot help until somebody changes something.
    """

    def __init__(self, message: str, *, hint: str = "", permanent: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.permanent = permanent


INSTALL_HINT = (
    "Install Temporal's command line so that `temporal` is on PATH, or name it: "
    "`stigmer config set backend.local.temporal.path FILE`; then `stigmer server restart`"
)
