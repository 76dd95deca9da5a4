"""Seeing the commits of other processes to one SQLite file.

Whoever commits events rings for the process that has the followers. Should that be lost, SQLite counts the commits of
other connections (`PRAGMA data_version`, 4 us a look).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property, partial

from django.db import connection, transaction

from apps.resources.ports import Bell, Listener, Sleeper

LOOK_ANYWAY_SECONDS = 0.05
"""Wake-ups may be lost."""


class DataVersionFeed:
    """The ChangeFeed of one SQLite file. Watching it makes this process the one that is woken."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._ring = partial(bell.ring, Sleeper.API)

    def announce(self, execution_ids: Collection[str]) -> None:
        del execution_ids  # whoever is woken reads what is new of all the runs it follows
        to_do = transaction.get_connection().run_on_commit
        if not to_do or to_do[-1][1] is not self._ring:  # a transaction that records much announces it once
            transaction.on_commit(self._ring)

    def watch(self) -> DataVersionWatch:
        return DataVersionWatch(self._listener)

    @cached_property
    def _listener(self) -> Listener:
        """Kept for good: taking the name again for each watch would lose what is rung in between."""
        return self._bell.listen(Sleeper.API)


class DataVersionWatch:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._seen: int | None = None

    def has_changed(self) -> bool:
        before, self._seen = self._seen, _commits_seen()
        return self._seen != before

    def wait(self) -> None:
        self._listener.wait(LOOK_ANYWAY_SECONDS)

    def close(self) -> None:
        pass


def _commits_seen() -> int:
    """A number that changes with every commit of another connection."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])
