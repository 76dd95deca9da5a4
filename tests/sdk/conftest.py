"""Every test of the SDK has a program of its own."""

from collections.abc import Iterator

import pytest
from stigmer import Program, Workflow, isolated


@pytest.fixture(autouse=True)
def program() -> Iterator[Program]:
    """What the test makes."""
    with isolated() as made:
        yield made


@pytest.fixture
def wf(program: Program) -> Workflow:
    """An empty workflow."""
    return Workflow("golden", namespace="tests")
