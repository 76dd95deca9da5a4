"""One jq process for all tests of workflows."""

from collections.abc import Iterator

import pytest

from apps.workflows.expressions import JqProcess


@pytest.fixture(scope="session")
def evaluator() -> Iterator[JqProcess]:
    # Ten seconds, not one: a busy machine must not fail a test that is not about the limit.
    with JqProcess(seconds=10) as process:
        yield process
