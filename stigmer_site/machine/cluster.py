"""What machines that share one PostgreSQL database do."""

from __future__ import annotations

import threading
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from apps.resources.ports import Machine, RunQueue
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
    return replace(local.machine(), changes=PollingFeed(), write_turn=NoTurn())


def run_queue() -> RunQueue:
    return local.run_queue()
