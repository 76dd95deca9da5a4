"""Real installations for tests of the whole program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Installation, temporary_installation


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation of the test's own, with nothing running yet."""
    home = tmp_path / "home"
    home.mkdir()
    with temporary_installation(home) as made:
        yield made


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose daemon runs. Tests share it and must not stop it."""
    with temporary_installation(tmp_path_factory.mktemp("home")) as made:
        started = made.run("server", "start")
        if started.code != 0:
            pytest.fail(f"the daemon did not start:\n{started.stderr}")
        yield made
