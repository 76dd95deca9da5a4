"""What `stigmer model login` and `logout` run: keep the API key of a provider, or forget it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.resources.errors import StigmerError
from stigmer_site.model_keys import ModelKeys


class Command(BaseCommand):
    help = "Keep the API key of a provider of models, read from standard input, or forget it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["keep", "forget"])
        parser.add_argument("provider")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: as BaseCommand declares them
        del args
        keys = ModelKeys(settings.MODEL_KEYS_FILE)
        try:
            if options["verb"] == "keep":
                keys.keep(options["provider"], sys.stdin.read())
            else:
                keys.forget(options["provider"])
        except StigmerError as error:
            raise CommandError(f"{error.message}. {error.hint}".rstrip(". ")) from error
        except OSError as error:
            raise CommandError(f"{keys.path} cannot be written: {error.strerror}") from error
