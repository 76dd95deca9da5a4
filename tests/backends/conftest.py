from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.backends.local import starting
from tests.backends.kit.bench import Bench
from tests.backends.kit.place import Place, scripted_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from apps.backends.local.supervisor.unit import UnitSpec


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """A maker of supervisors in hand; their units are ended with the test."""
    made: list[Bench] = []

    def make(*specs: UnitSpec, environment: dict[str, str] | None = None, movable: tuple[str, ...] = ()) -> Bench:
        made.append(Bench(tmp_path, *specs, environment=environment, movable=movable))
        return made[-1]

    yield make
    for bench in made:
        bench.end()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A data directory, and daemons with scripted units in it."""
    monkeypatch.setattr(starting, "daemon_command", scripted_command)
    place = Place(tmp_path)
    yield place
    place.end()
