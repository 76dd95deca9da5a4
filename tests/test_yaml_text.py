"""YAML in: what each text means, where it stands, and the files that are meant to do harm."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.yaml_text.errors import BadYaml, Position
from apps.yaml_text.tree import MAX_DEPTH, Items, Mapping, Scalar, plain, read_documents, resolve
from cli.project.json_text import as_yaml


def read(text: str | bytes) -> tuple[list[Any], list[str]]:
    """The documents of `text`, and what was reported about them. Any: whatever YAML can say."""
    reports: list[str] = []

    def report(position: Position, said: str) -> None:
        reports.append(f"{position.line}:{position.column}: {said}")

    data = text if isinstance(text, bytes) else text.encode()
    return [plain(node) for node in read_documents(data, report)], reports


MEANINGS = {
    "null": None,
    "~": None,
    "": None,
    "true": True,
    "False": False,
    "7": 7,
    "-3": -3,
    "+4": 4,
    "0o17": 15,
    "0xff": 255,
    "1.5": 1.5,
    "1e3": 1000.0,
    ".5": 0.5,
    "-.inf": -math.inf,
    "yes": "yes",
    "off": "off",
    "n": "n",
    "010": "010",
    "22:22": "22:22",
    "2026-01-31": "2026-01-31",
    "1_000": "1_000",
    "1.0.0": "1.0.0",
    "=": "=",
}


@pytest.mark.parametrize("text", MEANINGS)
def test_unquoted_text_means_what_the_core_schema_says(text: str) -> None:
    value = resolve(text)
    assert value == MEANINGS[text]
    assert type(value) is type(MEANINGS[text])


def test_not_a_number_is_one() -> None:
    value = resolve(".nan")
    assert isinstance(value, float)
    assert math.isnan(value)


def test_quotes_and_the_tag_make_text_of_anything() -> None:
    assert read("['1', \"true\", !!str 7, ! null, !!int 3]") == ([["1", "true", "7", None, 3]], [])


def test_every_node_knows_its_place() -> None:
    (node,) = read_documents(b"a: 1\nb:\n  - x\n  - {c: y}\n", lambda *_: None)
    assert isinstance(node, Mapping)
    place, listed = node.entries["b"]
    assert isinstance(listed, Items)
    inner = listed.items[1]
    assert isinstance(inner, Mapping)
    assert (place, inner.entries["c"][1].position) == (Position(2, 1), Position(4, 9))


def test_empty_documents_are_left_out() -> None:
    assert read("---\n---\na: 1\n---\n# only a comment\n---\n- 2\n...\n") == ([{"a": 1}, [2]], [])


def test_anchors_and_merges_are_followed() -> None:
    text = "base: &base {x: 1, y: 2}\nmine:\n  <<: *base\n  y: 3\nmany:\n  <<: [{z: 1}, *base]\nquoted: {'<<': 1}\n"
    assert read(text) == (
        [{"base": {"x": 1, "y": 2}, "mine": {"y": 3, "x": 1}, "many": {"z": 1, "x": 1, "y": 2}, "quoted": {"<<": 1}}],
        [],
    )


def test_what_leaves_the_rest_readable_is_all_reported() -> None:
    documents, reports = read("a: 1\na: 2\n3: x\n[b]: y\ntrue: z\nc: !odd d\ne: !!binary aGk=\n<<: 5\nf: !!set {g}\n")
    assert documents == [{"a": 1, "c": "d", "e": "aGk=", "f": {"g": None}}]
    assert reports == [
        "2:1: the key 'a' stands here a second time, first in line 1",
        '3:1: a key must be text: write "3" in quotes',
        "4:1: a key must be text, not a list or a mapping",
        '5:1: a key must be text: write "true" in quotes',
        "6:4: the tag !odd is not supported here",
        "7:4: the tag !!binary is not supported here",
        "9:4: the tag !!set is not supported here",
        "8:1: `<<` takes a mapping or a list of mappings",
    ]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
LADDER = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, MAX_DEPTH + 1))
BROKEN = {
    "a: [1": (
        "1:4: this is not YAML: did not find expected ',' or ']' (while parsing a flow sequence that begins in line 1)"
    ),
    "a: [": (
        "1:5: this is not YAML: did not find expected node content (while parsing a flow node that begins in line 1)"
    ),
    "a: b: c": "1:5: this is not YAML: mapping values are not allowed in this context",
    "a:\n\t- b": "2:1: a tab stands where spaces are needed",
    "a: *b": "1:4: the alias *b refers to nothing above it",
    "&a [*a]": "1:5: the alias *a refers to nothing above it",
    "%YAML 3.0\n---\na": "1:1: this is not YAML: found incompatible YAML document",
    "[" * 100_000: f"1:{MAX_DEPTH + 1}: nested more than {MAX_DEPTH} levels deep",
    "- " * 100_000: f"1:{2 * MAX_DEPTH + 1}: nested more than {MAX_DEPTH} levels deep",
    BOMB: "6:4: more than 1,000,000 values once aliases are followed",
    LADDER: f"1:1: nested more than {MAX_DEPTH} levels deep through aliases",
}


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: repr(text[:12]))
def test_a_file_that_cannot_be_read_on_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadYaml) as caught:
        read(text)
    place, why = caught.value.position, caught.value.why
    assert f"{place.line}:{place.column}: {why}" == BROKEN[text]


@pytest.mark.parametrize("data", [b"a: \xff", b"a: \x00", b"a: b\x07"])
def test_what_is_not_text_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(BadYaml) as caught:
        read(data)
    assert caught.value.position.line == 1
    assert "this is not YAML" in caught.value.why


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_with_a_mark_are_read(encoding: str) -> None:
    assert read("a: ü".encode(encoding)) == ([{"a": "ü"}], [])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(database=None, max_examples=300, deadline=None)
@given(JSON, st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_what_a_json_writer_writes_is_read_back(value: Any, ascii_only: bool, indent: str | int | None) -> None:
    """Any: whatever JSON can say."""
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    documents, reports = read(as_yaml(data))
    assert reports == []
    assert documents == ([] if value is None else [value])


@settings(database=None, max_examples=300, deadline=None)
@given(st.binary(max_size=40) | st.text(alphabet="a:-[]{}&*!|>'\"#\n ,?<%", max_size=40).map(str.encode))
def test_no_input_ends_in_anything_but_our_own_error(data: bytes) -> None:
    try:
        outcome = len(read(data)[0])
    except BadYaml as error:
        outcome = error.position.line
    assert outcome >= 0


def test_a_scalar_keeps_what_was_written() -> None:
    (node,) = read_documents(b"0xff", lambda *_: None)
    assert isinstance(node, Scalar)
    assert (node.text, node.value) == ("0xff", 255)
