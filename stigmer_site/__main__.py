"""`python -m stigmer_site COMMAND`: manage.py for an installed package."""

import json
import os
import socket
import sys
from contextlib import suppress

from django.core.management import execute_from_command_line

from apps.backends.errors import BackendError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")
    try:
        execute_from_command_line()
    except BackendError as error:  # in what settings.py reads, so that there are no settings to go by
        _tell_daemon(error)
        sys.exit(f"error: {error.message}\n\nhint: {error.hint}")


def _tell_daemon(error: BackendError) -> None:
    """As `Supervisor.give_up`, for a unit that has come no further."""
    told = {"failed": error.message, "hint": error.hint, "permanent": True}
    descriptor = os.environ.get("STIGMER_SUPERVISOR_FD", "")
    if descriptor:
        with suppress(ValueError, OSError), socket.socket(fileno=int(descriptor)) as channel:
            channel.sendall(json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    main()
