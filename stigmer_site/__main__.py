"""`python -m stigmer_site COMMAND`: manage.py for an installed package."""

import json
import os
import socket
import sys
from contextlib import suppress

from django.core.management import execute_from_command_line

from apps.backends.errors import BackendError
from stigmer_site.given import SettingsWrong

MISUSE = 2
"""Exit code, as of the command line: it is no use to start this again as it is."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")
    if sys.argv[1:2] == ["serve"]:
        os.environ["STIGMER_MODE"] = "cloud"
        # Its C core writes lines of its own between ours, one whenever somebody does not speak TLS.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        execute_from_command_line()
    except SettingsWrong as wrong:
        for each in wrong.complaints:
            print(f"error: {each.message}\n\nhint: {each.hint}\n", file=sys.stderr)
        sys.exit(MISUSE)
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
