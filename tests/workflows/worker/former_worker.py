"""The worker of a version that had one task queue for all installations: it starts its runs there."""

from __future__ import annotations

import os

import django
from django.core.management import execute_from_command_line

from apps.workflows.worker import contracts


def shared_queue(installation: str) -> str:
    del installation
    return contracts.SHARED_TASK_QUEUE


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")
    contracts.task_queue = shared_queue
    django.setup()
    execute_from_command_line()
