"""A supervisor in hand: its clock can be put forward, its steps are made by the test."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from apps.backends.local.log_rotation import RotatingLog
from apps.backends.local.port_keeper import PortKeeper
from apps.backends.local.supervisor.states import State
from apps.backends.local.supervisor.supervisor import Supervisor
from apps.backends.local.supervisor.unit import Unit, UnitSpec
from apps.backends.local_settings import LocalSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Bench:
    """Real child processes under a clock that only goes faster than the wall's when told to."""

    def __init__(
        self,
        directory: Path,
        *specs: UnitSpec,
        environment: Mapping[str, str] | None = None,
        movable: tuple[str, ...] = (),
    ) -> None:
        self.directory = directory
        self.ahead = 0.0
        self.changes = 0
        self.holder_is_passing = False
        self.journal: list[str] = []
        seen = dict(environment or {"PATH": "/bin"})
        self.units = [
            Unit(spec, RotatingLog(str(directory / f"{spec.name}.log")), seen, str(directory)) for spec in specs
        ]
        self.ports = PortKeeper(
            LocalSettings(str(directory), "localhost:1", "127.0.0.1:2", movable=movable),
            seen,
            describe_holder=lambda port: (f"port {port} is held by somebody", self.holder_is_passing),
            journal=self.journal.append,
        )
        self.supervisor = Supervisor(
            self.units,
            on_change=self._count,
            journal=self.journal.append,
            make_way=self.ports.make_way,
        )

    def __getitem__(self, name: str) -> Unit:
        return next(unit for unit in self.units if unit.spec.name == name)

    @property
    def now(self) -> float:
        return time.monotonic() + self.ahead

    def forward(self, seconds: float) -> None:
        """Put the clock forward and look once."""
        self.ahead += seconds
        self.supervisor.step(self.now)

    def until(self, true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Step until `true()`, sleeping as the daemon does (in select), at most 10 ms at a time."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                states = {unit.spec.name: (unit.state.value, unit.reason) for unit in self.units}
                raise AssertionError(f"waited {seconds} s in vain: {what}; now {states}\n" + "\n".join(self.journal))
            self.supervisor.step(self.now)
            if not true():
                self.supervisor.wait(self.now, 0.01)

    def reaches(self, name: str, state: State) -> Unit:
        unit = self[name]
        self.until(lambda: unit.state is state, f"{name} {state.value}")
        return unit

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()

    def end(self) -> None:
        self.supervisor.stop()
        for unit in self.units:
            unit.signal(9)
        self.until(lambda: self.supervisor.is_done, "the end")
        for unit in self.units:
            unit.log.close()
        self.supervisor.close()

    def _count(self) -> None:
        self.changes += 1
