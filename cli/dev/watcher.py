"""Watching files beside whatever else is done, so that a save is known while a program runs."""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.dev.files import ProjectFiles

SETTLE_MILLISECONDS: Final = 300
"""Editors save in several steps, and people several files: what comes within this time is one change."""
LOOK_MILLISECONDS: Final = 250


class Look(NamedTuple):
    """What changed in a while that began at `since`, on the monotonic clock; nothing in a quiet one."""

    since: float
    paths: tuple[Path, ...]


class Watcher:
    """Looks at everything below `root` that counts, in a thread of its own."""

    def __init__(self, root: Path, files: ProjectFiles) -> None:
        self._root, self._files = root, files
        self._looks: queue.Queue[Look | Exception] = queue.Queue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="dev-watcher", daemon=True)

    def begin(self) -> None:
        """From now on nothing is missed. Raises what keeps it from watching."""
        self._thread.start()
        self.next()

    def end(self) -> None:
        """Watch no more."""
        self._ending.set()
        self._thread.join()

    def next(self) -> Look:
        """The next look, as soon as there is one."""
        found = self._looks.get()
        if isinstance(found, Exception):
            raise found
        return found

    def so_far(self) -> Iterator[Look]:
        """Those that there are already."""
        while not self._looks.empty():
            yield self.next()

    def _watch(self) -> None:
        from watchfiles import watch

        since = time.monotonic()
        try:
            for found in watch(
                self._root,
                watch_filter=self._files,
                debounce=SETTLE_MILLISECONDS,
                step=LOOK_MILLISECONDS // 5,
                rust_timeout=LOOK_MILLISECONDS,
                yield_on_timeout=True,
                stop_event=self._ending,
                raise_interrupt=False,
            ):
                self._looks.put(Look(since, tuple(Path(path) for _, path in found)))
                since = time.monotonic()
        except Exception as error:  # raised again where the looks are taken
            self._looks.put(error)
