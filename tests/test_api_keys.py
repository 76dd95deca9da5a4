"""API keys as texts: made, and told from mistyped ones."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.shared.api_keys import ALPHABET, complaint_about, fingerprint_of, looked_up_by, new_key


def test_a_key_is_a_prefix_a_secret_and_a_checksum_of_it() -> None:
    key = new_key()
    digits = [ALPHABET.index(char) for char in key[-6:]]
    value = 0
    for digit in digits:
        value = value * 62 + digit
    assert key.startswith("stk_")
    assert len(key) == 42
    assert value == zlib.crc32(key[4:36].encode())
    assert (looked_up_by(key), fingerprint_of(key)) == (key[:12], key[-6:])
    assert complaint_about(key) == ""


@given(st.integers(4, 41), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(place: int, char: str) -> None:
    key = new_key()
    mistyped = key[:place] + char + key[place + 1 :]
    assert bool(complaint_about(mistyped)) == (mistyped != key)


@pytest.mark.parametrize("text", ["", "hunter2", "stk_", "stk_" + "x" * 37, "stk_" + "x" * 39, "stk_" + "é" * 38])
def test_what_is_no_key_is_told_without_being_repeated(text: str) -> None:
    complaint = complaint_about(text)
    assert complaint
    assert not text or text == "stk_" or text not in complaint
