"""Placeholders go out as values and come back as placeholders."""

import pytest

from apps.workflows.secrets import MASK, UnknownSecret, conceal, intact, mask, placeholder, reveal
from apps.workflows.values import Json
from tests.workflows.scripted import NONCE

KEY = placeholder("KEY", NONCE)
OTHER = placeholder("OTHER", NONCE)
VALUES = {"KEY": "value-of-key", "OTHER": "value-of-key-and-more", "SHORT": "abc"}


def lookup(name: str) -> str:
    if name not in VALUES:
        raise UnknownSecret(name)
    return VALUES[name]


@pytest.mark.parametrize(
    ("sealed", "opened"),
    [
        (KEY, "value-of-key"),
        (f"Bearer {KEY}!", "Bearer value-of-key!"),
        (f"{KEY}{OTHER}", "value-of-keyvalue-of-key-and-more"),
        ({"a": [KEY, 1, None], KEY: True}, {"a": ["value-of-key", 1, None], "value-of-key": True}),
    ],
)
def test_there_and_back(sealed: Json, opened: Json) -> None:
    assert reveal(sealed, NONCE, lookup) == opened
    assert conceal(opened, NONCE, VALUES) == sealed


def test_what_has_no_secret_is_not_copied() -> None:
    value = {"a": [1, {"b": "text"}]}
    assert reveal(value, NONCE, lookup) is value
    assert conceal(value, NONCE, VALUES) is value
    assert mask(value, NONCE) is value


def test_only_the_part_that_changes_is_copied() -> None:
    value = {"a": [1, 2], "b": KEY}
    masked = mask(value, NONCE)
    assert masked == {"a": [1, 2], "b": MASK}
    assert masked["a"] is value["a"]


def test_short_values_are_not_searched_for() -> None:
    assert conceal("say abc", NONCE, {"SHORT": "abc", "PIN": "1234"}) == "say abc"
    assert conceal("say 1234", NONCE, {"SHORT": "abc", "PIN": "1234"}) == f"say {placeholder('PIN', NONCE)}"


def test_a_name_without_a_value_is_an_error() -> None:
    with pytest.raises(UnknownSecret, match="no value was given for the secret GONE"):
        reveal(placeholder("GONE", NONCE), NONCE, lookup)


def test_nobody_can_forge_a_placeholder() -> None:
    assert reveal(placeholder("KEY", "0" * 32), NONCE, lookup) == placeholder("KEY", "0" * 32)


def test_a_broken_placeholder_is_noticed_and_still_masked() -> None:
    broken = KEY[3:-2]
    assert not intact(broken, NONCE)
    assert intact(f"a{KEY}b{OTHER}", NONCE)
    assert NONCE not in mask(broken, NONCE)
