"""`stigmer_site` with idle launchers: see idle_runs."""

from __future__ import annotations

import os

import django
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")
    django.setup()
    from tests.suites.idle_runs import use_idle_launchers

    use_idle_launchers()
    execute_from_command_line()
