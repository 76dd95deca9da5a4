"""A process that claims runs: their ids come on its standard input, those it has got go to its standard output.

It says that it is ready, and begins when the ids end.
"""

from __future__ import annotations

import os
import sys

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "stigmer_site.settings"
    django.setup()
    from django.db import connection

    from apps.resources.executions import actions
    from apps.resources.registry import AGENT_EXECUTION

    connection.ensure_connection()
    print("ready", flush=True)
    for execution_id in sys.stdin.read().split():
        if actions.claim(AGENT_EXECUTION, execution_id, str(os.getpid()), seconds=60) is not None:
            print(execution_id)
