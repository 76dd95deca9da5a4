"""Error types have many names and mean one thing."""

import pytest

from apps.workflows.errors import STANDARD, STATUSES, Problem, is_error_of


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
    assert is_error_of(f"{STANDARD}{kind}", f"{prefix}{kind}")
    assert Problem(kind, "d").matches(f"{prefix}{kind}")


@pytest.mark.parametrize(
    ("error", "name", "same"),
    [
        ("communication", "CallHTTP error", True),
        ("timeout", "CallHTTP error", True),
        ("CallHTTP error", "communication", True),
        ("CallHTTP error", "timeout", False),
        ("communication", "timeout", False),
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
def test_names_mean_the_same_or_not(error: str, name: str | None, same: bool) -> None:
    assert is_error_of(error, name) is same


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("communication", ["CallHTTP error", "communication", "*"]),
        ("runtime", ["CallHTTP error", "runtime", "*"]),
    ],
)
def test_a_failed_request_is_caught_by_its_own_names_alone(kind: str, taken: list[str]) -> None:
    problem = Problem(kind, "d", name="CallHTTP error")
    names = ["CallHTTP error", "CallGRPC error", "Validation", "command", "callhttp error", "mine", *STATUSES, "*"]
    assert [name for name in names if problem.matches(name)] == taken


def test_the_status_belongs_to_the_type() -> None:
    assert Problem("timeout", "d").as_data()["status"] == 408
    assert Problem("Mine", "d").as_data() == {
        "type": "Mine",
        "status": 500,
        "title": "Mine",
        "detail": "d",
        "instance": "",
    }
