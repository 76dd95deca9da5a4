"""YAML with its parts marked: the same text, and nothing of it is markup."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from apps.resources.admin.highlight import LONGEST, marked, spans, yaml_block
from apps.schemas.manifest_form import as_yaml

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_marked_is_the_text(value: object) -> None:
    text = as_yaml(value)
    assert "".join(piece for _, piece in spans(text)) == text
    assert html.unescape(re.sub(r"</?span[^>]*>", "", str(marked(text)))) == text


def test_names_values_and_what_only_looks_like_them() -> None:
    text = as_yaml({"kind": "SET", "seconds": 5, "text": "not: a name\n# nor a comment\n", "long": "word: " * 40})
    found = [(name, piece.strip()) for name, piece in spans(text) if name in {"name", "value", "comment"} and piece]
    assert found == [("name", "kind"), ("name", "seconds"), ("value", "5"), ("name", "text"), ("name", "long")]


def test_markup_stays_text_and_nothing_is_no_block() -> None:
    assert "<b>" not in yaml_block("<b>: <script>\n")
    assert yaml_block("") == ""


def test_what_is_too_long_is_shown_without_marks() -> None:
    assert "<span" not in marked("a: 1\n" * (LONGEST // 5 + 1))
