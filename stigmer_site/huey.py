"""The job queue of a local installation. Deleting its file loses nothing: the runs are in the database."""

from __future__ import annotations

from django.conf import settings
from huey.api import Huey

from apps.agents.queue import make_huey


def local_queue() -> Huey:
    return make_huey(settings.QUEUE_FILE)
