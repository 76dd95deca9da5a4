"""YAML out: what is written reads back as it was, whoever reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import ruamel.yaml
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as some

from apps.yaml_text.dump import dump
from apps.yaml_text.tree import plain, read_documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.yaml_text.errors import Position


def ours(text: str) -> Any:
    def refuse(position: Position, why: str) -> None:
        raise AssertionError(f"{position}: {why}")

    (node,) = read_documents(text.encode(), refuse)
    return plain(node)


def ruamel_of(version: tuple[int, int]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        reader = ruamel.yaml.YAML(typ="safe", pure=True)
        reader.version = version
        return reader.load(text)

    return read


# Any: whatever YAML can say.
READERS: dict[str, Callable[[str], Any]] = {
    "ours": ours,
    "PyYAML": yaml.safe_load,
    "ruamel.yaml 1.1": ruamel_of((1, 1)),
    "ruamel.yaml 1.2": ruamel_of((1, 2)),
}

# Looking like something else: numbers of all kinds, booleans, nulls, dates, sexagesimals, YAML's own signs.
NUMBERS = some.from_regex(r"\A[-+]?(0[box]?)?[0-9_.]{0,4}([:.][0-9_]{0,3})?([eE][-+]?[0-9]{0,3})?\Z")
WORDS = """
    y n Y N yes No on OFF true True TRUE null NULL ~ = << --- ... .inf -.Inf .nan 0b11 0x1f 0o17 017 1_000 1e3 -1e2
    1.e+3 +.5e3 +_4 {} [] 2026-01-01 2026-1-1 2026-01-01T00:00:00Z 1:30 190:20:30 1:30.5
"""
SIGNS = "# : - ? --- ... &a *a !t"
PIECES = some.sampled_from(
    [
        *"\x85\ufeff\u2028\u2029\r\n\t\0\x1b\x7f\ufffe%|>'\"\\[{,@`a1é😀\U0010ffff",
        *("\r\n", "\n\n", " ", "  ", " #", ": ", "- ", "? ", "word " * 30, "x" * 120),
        *SIGNS.split(),
    ]
)
TEXTS = some.one_of(NUMBERS, some.sampled_from(WORDS.split()), some.lists(PIECES, max_size=6).map("".join), some.text())
LEAVES = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | TEXTS


@pytest.mark.parametrize("indent_lists", [False, True])
@settings(database=None, deadline=None)
@given(text=TEXTS)
@example(text="1e3")
@example(text="0o17")
@example(text="-1e2")
@example(text="n")
@example(text="+_4")
def test_a_text_is_that_text_to_every_reader(text: str, indent_lists: bool) -> None:
    value = {"value": text, "listed": [text, {"inside": text}], text: 1}
    written = dump(value, indent_lists=indent_lists)
    assert {name: read(written) for name, read in READERS.items()} == dict.fromkeys(READERS, value)


@settings(database=None, deadline=None)
@given(LEAVES)
def test_numbers_and_constants_keep_their_type(value: object) -> None:
    written = dump([value])
    for read in READERS.values():
        (found,) = read(written)
        assert (found, type(found)) == (value, type(value))


def test_what_needs_no_quotes_has_none() -> None:
    plain_texts = ["version 1.2", "1.2.3", "v1", "a_1", "agt-01m84", "http://localhost:1", "e3", "_", "-x", "${ .a }"]
    assert dump(plain_texts) == "".join(f"- {text}\n" for text in plain_texts)


def test_what_stands_in_two_places_is_written_twice() -> None:
    shared = {"a": [1]}
    assert dump([shared, shared], indent_lists=True) == "- a:\n    - 1\n- a:\n    - 1\n"
    assert dump([shared, shared]) == "- a:\n  - 1\n- a:\n  - 1\n"
