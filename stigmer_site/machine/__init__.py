"""The composition root's answer to `apps.resources.ports`: the database decides which machine this is."""

from __future__ import annotations

from typing import Protocol

from django.db import connection

from apps.resources.ports import Machine, RunQueue
from apps.resources.ports import install as hand_over


class Site(Protocol):
    """What `local` and `cluster` say."""

    def machine(self) -> Machine:
        """What every process has."""

    def run_queue(self) -> RunQueue:
        """For those that put runs of agents into it, and for the runner."""

    def installation(self) -> str:
        """What tells this installation from every other at a Temporal that serves several. The same for ever."""


def install() -> None:
    """Hand over what every process has. Those that start or cancel runs add to it (`stigmer_site.launchers`)."""
    hand_over(_here().machine())


def run_queue() -> RunQueue:
    return _here().run_queue()


def installation() -> str:
    return _here().installation()


def _here() -> Site:
    if connection.vendor == "postgresql":
        from stigmer_site.machine import cluster

        return cluster
    from stigmer_site.machine import local

    return local
