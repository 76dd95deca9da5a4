"""Output of a program, cut into lines."""

from __future__ import annotations

from cli.project.output_tail import KEPT_LINES, LONGEST_LINE, OutputTail


def lines_of(*pieces: bytes) -> list[str]:
    seen: list[str] = []
    tail = OutputTail(seen.append)
    for piece in pieces:
        tail.feed(piece)
    tail.end()
    return seen


def test_lines_are_put_together_from_pieces() -> None:
    assert lines_of(b"on", b"e\ntw", b"o\n\nthree") == ["one", "two", "", "three"]


def test_a_line_is_handed_on_as_soon_as_it_is_complete() -> None:
    seen: list[str] = []
    tail = OutputTail(seen.append)
    tail.feed(b"one\ntw")
    assert seen == ["one"]


def test_characters_split_between_pieces_are_whole_and_broken_ones_replaced() -> None:
    assert lines_of("ü".encode()[:1], "ü".encode()[1:] + b"\xff!\n", "€".encode()[:2]) == ["ü\ufffd!", "\ufffd"]


def test_a_redrawn_line_shows_its_last_state() -> None:
    assert lines_of(b"10 %\r50 %\r100 %\r\nwindows\r\n") == ["100 %", "windows"]


def test_a_line_without_end_comes_in_pieces() -> None:
    assert [len(line) for line in lines_of(b"x" * (2 * LONGEST_LINE + 5))] == [LONGEST_LINE, LONGEST_LINE, 5]


def test_the_last_lines_are_remembered() -> None:
    tail = OutputTail(lambda _: None)
    tail.feed(b"".join(b"%d\n" % number for number in range(100)))
    assert tail.lines() == [str(number) for number in range(100 - KEPT_LINES, 100)]
