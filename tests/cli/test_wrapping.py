"""Streamed text on a terminal: lines end between words, whatever the pieces in which it comes."""

from __future__ import annotations

import pytest

from cli.runs.wrapping import WordWrap


def wrapped(text: str, columns: int, piece: int) -> str:
    wrap = WordWrap()
    parts = [wrap.feed(text[start : start + piece], columns) for start in range(0, len(text), piece)]
    return "".join(parts) + wrap.end(columns)


@pytest.mark.parametrize("piece", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one two three four", "one two\nthree four"),
        ("one two thr", "one two\nthr"),
        ("a line\nof its own", "a line\nof its own"),
        ("  - kept in, as it is", "  - kept\nin, as it\nis"),
        ("a-word-that-is-too-long for it", "a-word-tha\nt-is-too-l\nong for it"),
        ("漢字漢字漢字漢", "漢字漢字漢\n字漢"),
        (
            "```\nlong code = is left(alone)\n```\nafter it is over",
            "```\nlong code = is left(alone)\n```\nafter it\nis over",
        ),
        ("ends here \n", "ends here\n"),
    ],
)
def test_lines_end_between_words(text: str, shown: str, piece: int) -> None:
    assert wrapped(text, 10, piece) == shown


def test_a_word_is_written_once_it_has_ended() -> None:
    wrap = WordWrap()
    assert [wrap.feed(part, 80) for part in ("Good", " mor", "ning", ", you")] == ["", "Good", "", " morning,"]
    assert wrap.end(80) == " you"
