"""Error types have many names and mean one thing."""

import pytest

from apps.workflows.errors import STANDARD, STATUSES, Problem, same_error_type


@pytest.mark.parametrize("kind", STATUSES)
@pytest.mark.parametrize(
    "prefix",
    [
        "",
        STANDARD,
        "https://serverlessworkflow.io/dsl/errors/types/",
        "https://open-workflow-specification.org/dsl/errors/types/",
    ],
)
def test_a_standard_type_is_known_by_every_spelling(kind: str, prefix: str) -> None:
    assert same_error_type(f"{STANDARD}{kind}", f"{prefix}{kind}")
    assert Problem(kind, "d").matches(f"{prefix}{kind}")


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("CallHTTP error", "communication", True),
        ("CallHTTP error", "timeout", True),
        ("CallHTTP error", "CallGRPC error", False),
        ("CallHTTP error", "validation", False),
        ("Validation", f"{STANDARD}validation", True),
        ("If statement error", "expression", True),
        ("command", "runtime", True),
        ("*", "anything", True),
        ("Mine", "Mine", True),
        ("Mine", "mine", False),
        ("Mine", None, False),
        ("https://serverlessworkflow.io/spec/1.0.0/errors/mine", "mine", False),
    ],
)
def test_names_mean_the_same_or_not(left: str, right: str | None, same: bool) -> None:
    assert same_error_type(left, right) is same
    assert same_error_type(right, left) is same


def test_the_status_belongs_to_the_type() -> None:
    assert Problem("timeout", "d").as_data()["status"] == 408
    assert Problem("Mine", "d").as_data() == {
        "type": "Mine",
        "status": 500,
        "title": "Mine",
        "detail": "d",
        "instance": "",
    }
