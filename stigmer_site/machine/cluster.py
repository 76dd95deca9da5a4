"""What machines that share one PostgreSQL database do."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Final

from django.conf import settings

from apps.resources.caller import SYSTEM
from apps.resources.ports import KeyStore, Machine, RunQueue, never_refuse
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import visible
from apps.resources.storage_errors import MigrationsPending, ServerStorageDamaged
from stigmer_site.given import SettingWrong
from stigmer_site.machine import local
from stigmer_site.machine.given_keys import GivenKeys
from stigmer_site.machine.notifications import Ear, NotifyBell, NotifyFeed

MIGRATE: Final = "Run `stigmer serve migrate` once, with the settings of the units"


class NoTurn:
    """The WriteTurn of a database whose row locks decide who writes next."""

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()


def machine() -> Machine:
    ear = Ear()
    damaged = partial(ServerStorageDamaged, str(settings.DATABASES["default"]["NAME"]))
    own = local.machine()
    unmigrated = partial(MigrationsPending, MIGRATE) if settings.CLOUD else own.unmigrated
    return replace(
        own,
        keys=_keys() or own.keys,
        bell=NotifyBell(ear),
        changes=NotifyFeed(ear),
        write_turn=NoTurn(),
        damaged=damaged,
        unmigrated=unmigrated,
        refuse_writes=never_refuse,
        keeps_projects=False,
    )


def _keys() -> KeyStore | None:
    """What the operator gives, to every machine the same."""
    if not settings.GIVEN_KEYS:
        return None
    if not settings.SECRET:
        raise SettingWrong(
            "STIGMER_SECRET",
            "it is needed where keys are given: API keys are hashed with it",
            "Make one with `openssl rand -base64 48`, and give it to every unit",
        )
    return GivenKeys(settings.GIVEN_KEYS, settings.SECRET)


def run_queue() -> RunQueue:
    if settings.BROKER_URL:
        from stigmer_site.machine.celery_queue import CeleryQueue  # Celery takes long to load

        # By that name several installations may share a broker.
        return CeleryQueue(settings.BROKER_URL, f"stigmer-runs-{installation()}")
    from apps.agents.queue import HueyQueue  # as in `local`

    return HueyQueue(settings.QUEUE_FILE, NotifyBell(Ear()))


def installation() -> str:
    """What follows from the secret; without one, the id of the organization that whoever came first made."""
    if settings.CLOUD:
        given_id: str = settings.INSTALLATION
        return given_id
    everything = visible(BY_NAME["Organization"], SYSTEM)
    found: str = everything.values_list("pk", flat=True).get(slug=settings.LOCAL_ORGANIZATION)
    return found
