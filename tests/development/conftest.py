"""One installation with what runs agents, and projects in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.development.kit import Shop
from tests.suites.client import unique
from tests.support.daemon import Installation, temporary_installation


@pytest.fixture(scope="session")
def agent_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with temporary_installation(tmp_path_factory.mktemp("development"), STIGMER_UNITS="api,runner") as made:
        started = made.run("server", "start")
        assert started.code == 0, started.stderr
        yield made


@pytest.fixture
def shop(agent_home: Installation, tmp_path: Path) -> Shop:
    made = Shop(agent_home, tmp_path / "shop", unique("shop"))
    made.write()
    return made
