"""What machines that share one PostgreSQL database do."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

from django.conf import settings

from apps.resources.caller import SYSTEM
from apps.resources.ports import Machine, RunQueue, never_refuse
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import visible
from apps.resources.storage_errors import ServerStorageDamaged
from stigmer_site.machine import local
from stigmer_site.machine.notifications import Ear, NotifyBell, NotifyFeed


class NoTurn:
    """The WriteTurn of a database whose row locks decide who writes next."""

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()


def machine() -> Machine:
    ear = Ear()
    damaged = partial(ServerStorageDamaged, str(settings.DATABASES["default"]["NAME"]))
    return replace(
        local.machine(),
        bell=NotifyBell(ear),
        changes=NotifyFeed(ear),
        write_turn=NoTurn(),
        damaged=damaged,
        refuse_writes=never_refuse,
    )


def run_queue() -> RunQueue:
    from apps.agents.queue import HueyQueue  # as in `local`

    return HueyQueue(settings.QUEUE_FILE, NotifyBell(Ear()))


def installation() -> str:
    """The id of the organization that every database begins with: whoever came first made it."""
    everything = visible(BY_NAME["Organization"], SYSTEM)
    found: str = everything.values_list("pk", flat=True).get(slug=settings.LOCAL_ORGANIZATION)
    return found
