"""What one machine with one SQLite file does: files, locks and sockets of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from django.conf import settings

from apps.prices.price_list import PriceList
from apps.resources.ports import Machine, RunQueue
from apps.resources.secrets.keyfile import KeyFile
from apps.resources.storage.blobs import BlobDirectory
from apps.resources.storage.write_queue import WriteQueue
from stigmer_site.machine.damage import DamageAlarm
from stigmer_site.machine.data_version import DataVersionFeed
from stigmer_site.machine.datagrams import DatagramBell
from stigmer_site.machine.room import no_room


def machine() -> Machine:
    bell, database = DatagramBell(settings.RUN_DIR), Path(settings.DATABASES["default"]["NAME"])
    return Machine(
        bell=bell,
        changes=DataVersionFeed(bell),
        write_turn=WriteQueue(database),
        keys=KeyFile(settings.SECRETS_KEY_DIR / "secrets"),
        blobs=BlobDirectory(settings.BLOBS_DIR),
        damaged=alarm().sound,
        refuse_writes=alarm().refuse_writes,
        no_room=partial(no_room, database),
        prices=PriceList(settings.PRICES_FILE),
    )


def alarm() -> DamageAlarm:
    """Of the database of this data directory."""
    return DamageAlarm(Path(settings.DATABASES["default"]["NAME"]), settings.DAMAGE_FILE)


def run_queue() -> RunQueue:
    from apps.agents.queue import HueyQueue  # takes a tenth of a second, and most servers start no run at once

    return HueyQueue(settings.QUEUE_FILE, DatagramBell(settings.RUN_DIR))


def installation() -> str:
    """Kept in the data directory."""
    found: str = settings.INSTALLATION
    return found
