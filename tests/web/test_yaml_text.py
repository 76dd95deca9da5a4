"""YAML that people can read, and that reads back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.resources.admin.yaml_text import from_yaml, line_of, to_yaml
from apps.yaml_text.errors import BadYaml

FINITE = some.floats(allow_nan=False, allow_infinity=False)
LEAVES = some.none() | some.booleans() | some.integers() | FINITE | some.text()
VALUES = some.recursive(LEAVES, lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner), max_leaves=12)


@given(some.dictionaries(some.text(min_size=1), VALUES, min_size=1))
def test_what_is_shown_reads_back_equal(value: dict[str, object]) -> None:
    assert from_yaml(to_yaml(value)) == value


def test_lines_are_a_block_and_keys_keep_their_order() -> None:
    assert to_yaml({"b": "one\ntwo\n", "a": [1, "x"]}) == "b: |\n  one\n  two\na:\n- 1\n- x\n"


AMBIGUOUS = ["2026-05-01", "no", "on", "null", "", "~", "1.0", ".5", "1e3", "0x1f", "0o17", "010", "22:22", "<<", "="]


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert from_yaml(to_yaml({"value": text})) == {"value": text}


@pytest.mark.parametrize("typed", ["2026-05-01", "no", "on", "22:22", "010"])
def test_what_somebody_types_means_what_it_means_in_a_file(typed: str) -> None:
    assert from_yaml(f"value: {typed}") == {"value": typed}


@pytest.mark.parametrize("nothing", [None, {}, []])
def test_nothing_is_an_empty_field(nothing: object) -> None:
    assert to_yaml(nothing) == ""


def test_an_error_names_line_and_column() -> None:
    with pytest.raises(BadYaml, match="line 2, column 5"):
        from_yaml("a: 1\nb: c: d\n")


REFUSED = {
    "a: 1\na: 2": "line 2, column 1: the key 'a' stands here a second time, first in line 1",
    "a: 1\n---\nb: 2": "line 3, column 1: a second document: there can be one",
    "a: [1, .nan]": "line 1, column 8: must be a finite number",
    "a: !!python/object:os.system x": "line 1, column 4: the tag !!python/object:os.system is not supported here",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_json_cannot_say_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadYaml) as caught:
        from_yaml(text)
    assert str(caught.value) == REFUSED[text]


SPEC = 'tasks:\n- name: one\n- name: two\n  config:\n    "a b": 1\n'


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".tasks", 1),
        (".tasks[0].name", 2),
        (".tasks[1].config", 4),
        ('.tasks[1].config["a b"]', 5),
        (".tasks[7]", 1),
        (".other", 1),
        (".tasks[1].config.missing", 4),
    ],
)
def test_a_path_leads_to_its_line(path: str, line: int) -> None:
    assert line_of(SPEC, path) == line
