"""Handing over another machine for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution
from apps.resources.ports import Launcher, Machine, install, machine
from apps.resources.registry import EXECUTION_KINDS

HandOver = Callable[..., Machine]
"""What the fixture `hand_over` gives."""


class IdleLauncher:
    """Takes every run and does nothing with it."""

    def prepare(self, execution: Execution, asked: dict[str, Any]) -> None:  # Any: JSON
        pass

    def launch(self, execution_id: str) -> None:
        pass

    def cancel(self, execution_id: str) -> None:
        pass


def launchers(launcher: Launcher[Any], *kinds: ExecutionKind) -> Mapping[str, Launcher[Any]]:  # Any: as in Machine
    """The same for these kinds of runs; for all, without any."""
    return {kind.name: launcher for kind in kinds or EXECUTION_KINDS}


@contextmanager
def handed_over(**changes: Any) -> Iterator[Machine]:  # Any: the fields of a Machine
    """A machine that differs in these fields from the one that was there, which is there again afterwards."""
    before = machine()
    install(replace(before, **changes))
    try:
        yield machine()
    finally:
        install(before)
