"""One installation for the suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.endtoend.kit import Whole, whole_installation


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_installation(tmp_path_factory.mktemp("whole")) as made:
        yield made
