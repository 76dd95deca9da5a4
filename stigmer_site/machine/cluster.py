"""What machines that share one PostgreSQL database do."""

from __future__ import annotations

import threading
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

from django.conf import settings

from apps.resources.caller import SYSTEM
from apps.resources.errors import ServerStorageDamaged
from apps.resources.ports import Machine, RunQueue
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import visible
from stigmer_site.machine import local

LOOK_EVERY_SECONDS = 0.01


class PollingFeed:
    """The ChangeFeed of a database that is asked again and again."""

    def announce(self, execution_ids: Collection[str]) -> None:
        pass

    def watch(self) -> PollingWatch:
        return PollingWatch()


class PollingWatch:
    def __init__(self) -> None:
        self._pause = threading.Event()

    def has_changed(self) -> bool:
        return True

    def wait(self) -> None:
        self._pause.wait(LOOK_EVERY_SECONDS)

    def close(self) -> None:
        pass


class NoTurn:
    """The WriteTurn of a database whose row locks decide who writes next."""

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()


def machine() -> Machine:
    damaged = partial(ServerStorageDamaged, str(settings.DATABASES["default"]["NAME"]))
    return replace(local.machine(), changes=PollingFeed(), write_turn=NoTurn(), damaged=damaged)


def run_queue() -> RunQueue:
    return local.run_queue()


def installation() -> str:
    """The id of the organization that every database begins with: whoever came first made it."""
    everything = visible(BY_NAME["Organization"], SYSTEM)
    found: str = everything.values_list("pk", flat=True).get(slug=settings.LOCAL_ORGANIZATION)
    return found
