"""Real installations for tests of whole command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.daemon import Installation, temporary_installation
from tests.support.temporal import built_temporal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose daemon runs for the whole session. Tests must not stop it."""
    with temporary_installation(tmp_path_factory.mktemp("stigmer")) as made:
        started = made.run("server", "start")
        if started.code != 0:
            pytest.fail(f"the daemon did not start:\n{started.stderr}")
        yield made


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """As `installation`, with everything that runs agents and workflows."""
    home = tmp_path_factory.mktemp("running")
    with temporary_installation(home, STIGMER_UNITS="", STIGMER_TEMPORAL_PATH=str(built_temporal())) as made:
        started = made.run("server", "start")
        if started.code != 0:
            pytest.fail(f"the daemon did not start:\n{started.stderr}")
        yield made


@pytest.fixture
def fresh_runner(tmp_path: Path) -> Iterator[Installation]:
    """As `fresh_installation`, with what runs agents."""
    home = tmp_path / "home"
    home.mkdir()
    with temporary_installation(home, STIGMER_UNITS="api,runner") as made:
        yield made


@pytest.fixture
def fresh_installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation of this test alone, on which nothing has run yet."""
    home = tmp_path / "home"
    home.mkdir()
    with temporary_installation(home) as made:
        yield made
