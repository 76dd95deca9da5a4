"""How many connections streams take at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from apps.resources.storage.connections import MOST_AT_ONCE, for_a_moment


def test_only_so_many_streams_ask_at_the_same_time() -> None:
    """One change may be told to hundreds of watchers, and a PostgreSQL server takes a hundred connections."""
    entered, leave = threading.Barrier(MOST_AT_ONCE + 1), threading.Event()
    next_one = threading.Event()

    def ask() -> None:
        with for_a_moment():
            entered.wait(60)
            assert leave.wait(60)

    def ask_too() -> None:
        with for_a_moment():
            next_one.set()

    with ThreadPoolExecutor(MOST_AT_ONCE + 1) as threads, ExitStack() as ended:
        ended.callback(leave.set)
        asking = [threads.submit(ask) for _ in range(MOST_AT_ONCE)]
        entered.wait(60)
        asking.append(threads.submit(ask_too))
        assert not next_one.wait(0.2)
        leave.set()
        assert next_one.wait(60)
        for each in asking:
            each.result()
