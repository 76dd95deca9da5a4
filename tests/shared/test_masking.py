"""A secret is found in every form in which it may come back, and innocent texts are left alone."""

from __future__ import annotations

import base64
import json
import re

import pytest

from apps.shared.masking import MASK, MaskedStream, Masker
from tests.support.secret_forms import FORMS

NASTY = "c4nary-Val\"ue'&<%-ü\\\\x /=?#+\t31415926"
VALUES = [
    NASTY,
    'a\\ü\\"\\\\b-77',
    "paßwort-77",
    'pa"ss\\word',
    'wo"rt\\77',
    "s3cr3t",
    "&#\"'%",
    "\U0001f511 key \U0001f511",
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("form", FORMS)
def test_it_is_found_in_every_form(form: str, value: str) -> None:
    written, bare = FORMS[form](value), re.sub(r"\W", "", value)
    masked = Masker({"KEY": value}).text(f"before {written} after")
    assert MASK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert len(masked) <= len("before  after") + len(MASK) + 16  # quotes and what stands around it
    assert not bare or bare not in masked


def test_it_is_found_where_its_charset_was_not_understood() -> None:
    said = "paßwort-77".encode("latin-1").decode("utf-8", "replace")
    assert Masker({"KEY": "paßwort-77"}).text(f"it was {said}") == f"it was {MASK}"


@pytest.mark.parametrize("before", ["", "u", "us", "use"])
@pytest.mark.parametrize("after", ["", ":", "::", ":::"])
def test_it_is_found_in_base64_of_something_longer(before: str, after: str) -> None:
    whole = f"{before}open-sesame-77{after}".encode()
    for written in (base64.b64encode(whole).decode(), base64.urlsafe_b64encode(whole).decode().rstrip("=")):
        masked = Masker({"KEY": "open-sesame-77"}).text(f"Basic {written}")
        assert masked.startswith("Basic ")
        assert MASK in masked
        assert len(masked) <= len("Basic ") + 4 + len(MASK) + 5


@pytest.mark.parametrize(
    ("value", "number"),
    [("123456", 123456), ("0123456", 123456), ("1234", 1234), ("12.50", 12.5), ("+4912345", 4912345)],
)
def test_it_is_found_as_a_number(value: str, number: float) -> None:
    masker = Masker({"PIN": value})
    assert masker.value({"pin": [number, number + 1]}) == {"pin": [MASK, number + 1]}
    assert masker.texts({"seconds": number}) == {"seconds": number}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1000", "1e3|1E+03|1000.0|1,000|1,000.00|1.000,0|1'000|1_000|1\u00a0000|+1000|01000"),
        ("1234567", "1.234567e+06|1,234,567|1.234.567|1234567.0|1 234 567"),
        ("12.50", "12.5|12,5|1.25e1"),
        ("0123456", "123456|123,456"),
    ],
)
def test_a_number_is_found_in_a_text_however_it_is_written(value: str, written: str) -> None:
    for each in written.split("|"):
        assert Masker({"PIN": value}).text(f"it is {each}.") == f"it is {MASK}.", each
        stream = MaskedStream(Masker({"PIN": value}))
        assert "".join([*map(stream.feed, f"it is {each}!"), stream.end()]) == f"it is {MASK}!"


def test_other_numbers_are_left_alone() -> None:
    text = "1 of 100, 1.0000 1e2 1,0001 v1.000.1 9001 x1e3 1e3x 10.000.5 100 000 1001 0.1e3 2026-12-01 1,00,0"
    assert Masker({"PIN": "1000"}).text(text) == text


@pytest.mark.parametrize("text", ["A", "A:", "=\n", "%41", "1,", "\\\\n", "61 ", "\0"])
def test_a_long_text_is_gone_through_once_however_it_is_made(text: str) -> None:
    """Whatever it says of its encoding: with a value in it, it is decoded, too."""
    value = base64.b64encode(b"user:open-sesame-77").decode()
    shown = Masker({"KEY": "open-sesame-77", "PIN": "123456"}).text(text * 20000 + "\n" + value)
    assert MASK in shown
    assert value[8:] not in shown


@pytest.mark.parametrize("number", [12345678901234567890, 12345678901234567000, 1.2345678901234567e19])
def test_a_long_number_is_found_as_those_write_it_who_keep_its_first_digits(number: float) -> None:
    assert Masker({"PIN": "12345678901234567890"}).value([number, 10**400]) == [MASK, 10**400]


@pytest.mark.parametrize(("value", "number"), [("0000", 0), ("0001", 1), ("1.00", 1), ("1e00", 1.0), ("-007", -7)])
def test_a_number_that_is_in_everything_is_not_masked_for_its_zeros(value: str, number: float) -> None:
    masker = Masker({"PIN": value})
    found = masker.value({"count": number, "note": f"pin {value}!"})
    assert found == {"count": number, "note": f"pin {MASK}!"}


def test_what_would_be_found_in_everything_is_not_looked_for() -> None:
    masker = Masker({"A": "abc", "B": "1", "C": "true", "D": "  ", "E": "null", "F": "", "G": "None"})
    assert not masker
    for value in ("abc is 1", {"a": [1, True, None, "true"]}):
        assert masker.value(value) is value


def test_blanks_around_it_and_its_lines_do_not_hide_it() -> None:
    assert Masker({"KEY": "sample-token\n"}).text("Bearer sample-token!") == f"Bearer {MASK}!"
    key = "-----BEGIN KEY-----\nfirst-line-of-it\nshort\n  second-line-of-it\n-----END KEY-----\n"
    masker = Masker({"KEY": key})
    assert masker.text(f"|{key.strip()}|") == f"|{MASK}|"
    assert masker.text(f"|{json.dumps(key)}|").count(MASK) == 1
    assert masker.text("1: first-line-of-it 2: second-line-of-it 3: short") == f"1: {MASK} 2: {MASK} 3: short"


def test_secrets_that_overlap_are_hidden_together() -> None:
    masker = Masker({"A": "value-of-key", "B": "value-of-key-and-more", "C": "more-yet"})
    assert masker.text("value-of-key value-of-key-and-more-yet") == f"{MASK} {MASK}"


def test_each_of_many_is_found_by_its_name() -> None:
    """They are read together as far as they are the same."""
    secrets = {f"KEY_{number}": f"sk-{number % 7}-secret {number}/ü" for number in range(200)}
    masker, forms = Masker(secrets), [*FORMS.values()]
    for number, (name, value) in enumerate(secrets.items()):
        written = forms[number % len(forms)](value)
        assert f"<{name}>" in masker.replaced(f"before {written} after", lambda found, _: f"<{found}>")


@pytest.mark.parametrize("form", ["a path", "JSON", "an address in an address", "every byte with a percent"])
def test_what_is_masked_lies_within_the_text_where_a_text_begins_or_ends_with_it(form: str) -> None:
    """Some ways to write a character begin, or end, as others do that are longer than what is left of the text."""
    written = FORMS[form]("\\ab cd\\").strip('"')
    assert Masker({"KEY": "\\ab cd\\"}).spans(written) == [(0, len(written), "KEY")]


def test_half_of_a_surrogate_pair_in_it_or_in_a_text_is_a_character_like_others() -> None:
    masker = Masker({"KEY": "\ud800abc"})
    said = ["\ud800abc", json.dumps("\ud800abc"), "\ufffdabc", base64.b64encode(b"\xed\xa0\x80abc").decode()]
    assert [MASK in masker.text(f"\udfff {each}") for each in said] == [True] * 4
    assert masker.text("\udfff is innocent") == "\udfff is innocent"


def test_what_has_no_secret_is_shared() -> None:
    value = {"a": [1, {"b": "text"}], "c": ["open-sesame"]}
    masked = Masker({"KEY": "open-sesame"}).value(value)
    assert masked == {"a": [1, {"b": "text"}], "c": [MASK]}
    assert masked["a"] is value["a"]
    assert Masker({"KEY": "open-sesame"}).value({"open-sesame": 1}) == {MASK: 1}


def test_the_half_of_it_that_a_cut_leaves_is_hidden() -> None:
    masker = Masker({"KEY": "open-sesame"})
    assert masker.cut("it said open-ses") == f"it said {MASK}"
    assert masker.cut("it is open") == f"it is {MASK}"
    assert masker.cut("it is op") == "it is op"


def test_nothing_is_told_of_it() -> None:
    assert "open-sesame" not in repr(Masker({"KEY": "open-sesame"}))


def test_backslashes_without_end_take_no_time() -> None:
    """Each of them can be written in many ways, and many of them in very many."""
    assert Masker({"KEY": "\\x" * 30 + "\\" * 30}).text("\\x" * 29 + "\\" * 5000).count(MASK) == 0


class TestStream:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("size", [1, 7])
    def test_it_is_found_in_pieces(self, form: str, size: int) -> None:
        value = "Val\"ue'&<%-ü /31415926"
        masker, written = Masker({"KEY": value}), f"before {FORMS[form](value)} after"
        stream = MaskedStream(masker)
        shown = [stream.feed(written[at : at + size]) for at in range(0, len(written), size)]
        assert "".join([*shown, stream.end()]) == masker.text(written)

    @pytest.mark.parametrize("user", ["u:", "joe:", "token "])
    @pytest.mark.parametrize("size", [1, 3])
    def test_it_is_found_in_base64_whose_letter_before_was_shown(self, user: str, size: int) -> None:
        secret = "Tr0ub4dor&3"
        stream = MaskedStream(Masker({"KEY": secret}))
        written = f"Basic {base64.b64encode(f'{user}{secret}'.encode()).decode()} after"
        shown = [stream.feed(written[at : at + size]) for at in range(0, len(written), size)]
        whole = "".join([*shown, stream.end()])
        letters = written.split()[1]
        assert whole.endswith(" after")
        assert MASK in whole
        assert letters[len(letters) // 2 :] not in whole

    def test_only_what_may_be_one_waits(self) -> None:
        stream = MaskedStream(Masker({"KEY": "open-sesame"}))
        pieces = ("Say op", "en-", "ses", "ame now", " or open", " it")
        assert [*(stream.feed(piece) for piece in pieces), stream.end()] == [
            "Say ",
            "",
            "",
            "******** now",
            " or ",
            "open it",
            "",
        ]

    def test_a_secret_that_begins_as_another_waits_for_the_longer_one(self) -> None:
        stream = MaskedStream(Masker({"A": "value-of-key", "B": "value-of-key-and-more"}))
        assert stream.feed("value-of-key") + stream.feed("-and-more") + stream.end() == MASK

    def test_what_waits_is_not_lost(self) -> None:
        stream = MaskedStream(Masker({"KEY": "open-sesame"}))
        assert stream.feed("please open") + stream.end() == "please open"
        assert stream.end() == ""
