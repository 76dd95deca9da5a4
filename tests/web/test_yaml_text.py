"""YAML that people can read, and that reads back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.resources.admin.yaml_text import BadYaml, from_yaml, line_of, to_yaml

LEAVES = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text()
VALUES = some.recursive(LEAVES, lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner), max_leaves=12)


@given(some.dictionaries(some.text(min_size=1), VALUES, min_size=1))
def test_what_is_shown_reads_back_equal(value: dict[str, object]) -> None:
    assert from_yaml(to_yaml(value)) == value


def test_lines_are_a_block_and_keys_keep_their_order() -> None:
    assert to_yaml({"b": "one\ntwo\n", "a": [1, "x"]}) == "b: |\n  one\n  two\na:\n- 1\n- x\n"


@pytest.mark.parametrize("text", ["2026-05-01", "no", "1.0", "null", "", "~", "0x1f", "1e3", "on"])
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert from_yaml(to_yaml({"value": text})) == {"value": text}


def test_a_date_that_somebody_types_is_text() -> None:
    assert from_yaml("since: 2026-05-01") == {"since": "2026-05-01"}


@pytest.mark.parametrize("nothing", [None, {}, []])
def test_nothing_is_an_empty_field(nothing: object) -> None:
    assert to_yaml(nothing) == ""


def test_an_error_names_line_and_column() -> None:
    with pytest.raises(BadYaml, match="line 2, column 5"):
        from_yaml("a: 1\nb: c: d\n")


SPEC = 'tasks:\n- name: one\n- name: two\n  config:\n    "a b": 1\n'


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".tasks", 1),
        (".tasks[0].name", 2),
        (".tasks[1].config", 4),
        ('.tasks[1].config["a b"]', 5),
        (".tasks[7]", 1),
        (".other", 0),
        ("", 0),
    ],
)
def test_a_path_leads_to_its_line(path: str, line: int) -> None:
    assert line_of(SPEC, path) == line
