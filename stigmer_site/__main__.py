"""`python -m stigmer_site COMMAND`: manage.py for an installed package."""

import os
import sys

from django.core.management import execute_from_command_line

from apps.backends.errors import BackendError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")
    try:
        execute_from_command_line()
    except BackendError as error:  # in the configuration, read by hand only: the daemon hands over what it has checked
        sys.exit(f"error: {error.message}\n\nhint: {error.hint}")


if __name__ == "__main__":
    main()
