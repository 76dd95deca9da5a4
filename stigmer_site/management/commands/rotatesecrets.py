"""What `stigmer server rotate-keys` runs: put every stored secret under a new key.

Safe while everything runs, and to repeat.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.resources.errors import StigmerError
from apps.resources.maintenance.key_rotation import Rotation, rotate
from apps.resources.ports import machine
from stigmer_site.model_keys import ModelKeys


class Command(BaseCommand):
    help = "Encrypt every stored secret with a new key, and remove the keys that nothing needs any more."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:  # Any: as BaseCommand declares them
        del args, options
        try:
            rotation = rotate(ModelKeys(settings.MODEL_KEYS_FILE))
        except StigmerError as error:
            raise CommandError(f"{error.message}. {error.hint}".rstrip(". ")) from error
        if rotation is None:
            self.stdout.write("There is no key: no secret was ever stored here.")
            return
        self._report(rotation)

    def _report(self, rotation: Rotation) -> None:
        is_given = machine().keys.is_given
        begun = "The newest key is" if is_given else "Added the key"
        verb = "Finished the rotation to the key" if rotation.is_continued else begun
        self.stdout.write(f"{verb} {rotation.key_id}: {rotation.values} values encrypted anew.")
        if rotation.removed:
            done = "Nothing needs these any more, take them out" if is_given else "Removed what nothing needs any more"
            self.stdout.write(f"{done}: {', '.join(rotation.removed)}.")
        if rotation.kept:
            self.stdout.write(f"Kept: {', '.join(rotation.kept)}. The next rotation removes what nothing needs then.")
        for key_id, count in rotation.unreadable.items():
            self.stderr.write(f"{count} values cannot be read: the key {key_id} is not here. Set them again.")
