"""Finding what nobody works on although somebody should, and having it worked on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from apps.agents import process_identity
from apps.resources.executions import actions
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.lease_watch import LeaseWatch
from apps.resources.executions.model import Phase

logger = logging.getLogger(__name__)

PENDING_SECONDS = 2.0
"""A run may wait this long for a runner before it is asked whether the queue still knows it."""
AGAIN_SECONDS = 60.0
"""While other runs wait in the queue, nobody can tell whether one is among them: ask this seldom."""


class Sweeper:
    """`launch` puts the id of a run into the queue; `waiting` says how many are in it."""

    def __init__(self, kind: ExecutionKind, launch: Callable[[str], object], waiting: Callable[[], int]) -> None:
        self.kind, self.launch, self.waiting = kind, launch, waiting
        self._launched: dict[str, float] = {}
        self._leases = LeaseWatch(kind)

    def sweep(self) -> None:
        """Drive runs again whose runner has died, and those whose place in the queue was lost."""
        self.free_those_of_the_dead_and_the_silent()
        now = time.monotonic()
        is_empty = not self.waiting()
        found = actions.abandoned(self.kind, pending_for=PENDING_SECONDS)
        for run in found:
            if is_empty or now - self._launched.get(run.pk, 0.0) > AGAIN_SECONDS:
                self._launched[run.pk] = now
                logger.info("run %s: nobody works on it (%s); queued again", run.pk, Phase(run.phase).label)
                self.launch(run.pk)
        known = {run.pk for run in found}
        self._launched = {run: at for run, at in self._launched.items() if run in known}

    def free_those_of_the_dead_and_the_silent(self) -> None:
        """Nobody need wait for the lease of a process of this machine that is gone. Others have their time."""
        held, silent = self._leases.look()
        for lease in held:
            is_dead = process_identity.is_dead(lease.owner)
            is_silent = lease in silent and lease.owner != process_identity.own_name()
            if (is_dead or is_silent) and actions.take_away(self.kind, lease):
                what = "has died" if is_dead else "says nothing any more"
                logger.info("run %s: its runner %s %s", lease.execution_id, lease.owner, what)
