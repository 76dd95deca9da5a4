"""What an update changes, field by field."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.resources.writes.diff import ABSENT, changes

values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def found(before: Any, after: Any) -> dict[str, tuple[Any, Any]]:
    return {change.path: (change.before, change.after) for change in changes(before, after)}


def test_leaves_are_named_by_their_paths() -> None:
    before = {"a": {"b": [1, {"c": 2}]}, "gone": 1, "same": [1]}
    after = {"a": {"b": [1, {"c": 3}, 4]}, "same": [1], "fresh": {"x": 1}}
    assert found(before, after) == {
        "a.b[1].c": (2, 3),
        "a.b[2]": (ABSENT, 4),
        "fresh": (ABSENT, {"x": 1}),
        "gone": (1, ABSENT),
    }


def test_another_type_is_one_change() -> None:
    assert found({"a": [1]}, {"a": {"0": 1}}) == {"a": ([1], {"0": 1})}


def test_true_is_not_one() -> None:
    assert found({"a": True, "b": [0, {"c": 1}]}, {"a": 1, "b": [False, {"c": True}]}) == {
        "a": (True, 1),
        "b[0]": (0, False),
        "b[1].c": (1, True),
    }
    assert found({"a": 1}, {"a": 1.0}) == {}


@given(values, values)
def test_equal_values_and_only_they_have_no_changes(before: Any, after: Any) -> None:
    is_equal = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (list(changes(before, after)) == []) == is_equal


@given(values)
def test_a_copy_has_no_changes(value: Any) -> None:
    assert list(changes(value, json.loads(json.dumps(value)))) == []
