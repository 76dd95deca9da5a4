"""Placeholders go out as values and come back as placeholders."""

import base64
import json
import re

import pytest

from apps.shared.masking import MASK, without_user
from apps.workflows.secrets import RunSecrets, UnknownSecret, encoded, in_base64, intact, mask, placeholder
from apps.workflows.values import Json
from tests.workflows.scripted import NONCE

KEY = placeholder("KEY", NONCE)
OTHER = placeholder("OTHER", NONCE)
VALUES = {"KEY": "value-of-key", "OTHER": "value-of-key-and-more", "SHORT": "abc"}
SECRETS = RunSecrets(NONCE, VALUES)
VALUE = 'pa"ss\\wörd'


def of(value: str) -> RunSecrets:
    """Secrets that are sealed by being turned around, so that a test sees whether they are."""
    return RunSecrets(NONCE, {"KEY": value}, seal=lambda text: text[::-1], unseal=lambda sealed: sealed[::-1])


@pytest.mark.parametrize(
    ("sealed", "opened"),
    [
        (KEY, "value-of-key"),
        (f"Bearer {KEY}!", "Bearer value-of-key!"),
        (f"{KEY} {OTHER}", "value-of-key value-of-key-and-more"),
        ({"a": [KEY, 1, None], KEY: True}, {"a": ["value-of-key", 1, None], "value-of-key": True}),
    ],
)
def test_there_and_back(sealed: Json, opened: Json) -> None:
    assert SECRETS.open(sealed) == opened
    assert SECRETS.close(opened) == sealed


def test_what_has_no_secret_is_not_copied() -> None:
    value = {"a": [1, {"b": "text"}]}
    assert SECRETS.open(value) is value
    assert SECRETS.close(value) is value
    assert mask(value, NONCE) is value
    assert not SECRETS.are_in(value)
    assert SECRETS.are_in({"a": [f"x{KEY}"]})


def test_only_the_part_that_changes_is_copied() -> None:
    value = {"a": [1, 2], "b": KEY}
    masked = mask(value, NONCE)
    assert masked == {"a": [1, 2], "b": MASK}
    assert masked["a"] is value["a"]


@pytest.mark.parametrize(
    "said",
    [
        '{"t": "pa\\"ss\\\\w\\u00f6rd"}',
        "next=/items?key=pa%22ss%5Cw%C3%B6rd&page=2",
        "Basic " + base64.b64encode(b"user:" + VALUE.encode()).decode(),
        ["b'pa\"ss\\\\w\\xc3\\xb6rd'"],
    ],
)
def test_what_comes_back_in_another_form_is_masked_and_goes_out_as_it_came(said: Json) -> None:
    secrets = of(VALUE)
    closed = secrets.close(said)
    shown = json.dumps(mask(closed, NONCE))
    assert MASK in shown
    assert "ss" not in shown
    assert secrets.open(closed) == said


def test_a_number_comes_back_as_a_number() -> None:
    secrets = of("123456")
    closed = secrets.close({"pin": 123456, "said": "123456", "count": 7})
    assert mask(closed, NONCE) == {"pin": MASK, "said": MASK, "count": 7}
    assert secrets.open(closed) == {"pin": 123456, "said": "123456", "count": 7}
    assert secrets.open_text(closed["pin"]) == "123456"


def test_a_name_without_a_value_is_an_error() -> None:
    with pytest.raises(UnknownSecret, match=r"no value was given for the secret GONE$"):
        SECRETS.open(placeholder("GONE", NONCE))
    with pytest.raises(UnknownSecret, match=r"no value was given for the secret GONE$"):
        SECRETS.open(placeholder(encoded("GONE"), NONCE))


def test_nobody_can_forge_a_placeholder() -> None:
    assert SECRETS.open(placeholder("KEY", "0" * 32)) == placeholder("KEY", "0" * 32)


def test_a_broken_placeholder_is_noticed_and_still_masked() -> None:
    broken = KEY[3:-2]
    assert not intact(broken, NONCE)
    assert intact(f"a{KEY}b{OTHER}", NONCE)
    assert NONCE not in mask(broken, NONCE)


@pytest.mark.parametrize(
    "quoted", [repr(KEY), json.dumps(KEY), json.dumps(KEY, ensure_ascii=False), " ".join(KEY.split())]
)
def test_nothing_is_shown_of_a_placeholder_that_somebody_has_quoted(quoted: str) -> None:
    assert re.sub("[ '\"]", "", mask(f"no {quoted} here", NONCE)) == f"no{MASK}here"


@pytest.mark.parametrize(
    ("address", "value", "sent"),
    [
        ("{}", "http://h/echo/77?a=b&c=%20#d", "http://h/echo/77?a=b&c=%20#d"),
        ("{}/more", "https://h/base?x", "https://h/base?x/more"),
        ("{}://h/x", "https", "https://h/x"),
        ("http://{}/x", "host:8080", "http://host:8080/x"),
        ("http://h/{}/x", "a b?c#d%41&=", "http://h/a%20b%3Fc%23d%2541&=/x"),
        ("http://h/services/{}", "T0/B0/xyz", "http://h/services/T0/B0/xyz"),
        ("http://h/?key={}&z=1", "pw12&x=1#frag", "http://h/?key=pw12%26x%3D1%23frag&z=1"),
        ("http://h?key={}", "a+b %/?ü", "http://h?key=a%2Bb%20%25/?%C3%BC"),
    ],
)
def test_in_an_address_it_is_one_value_of_its_place(address: str, value: str, sent: str) -> None:
    assert of(value).open_address(address.format(KEY)) == sent


def test_what_is_encoded_for_an_address_already_is_not_encoded_again() -> None:
    secrets = of("pw&1#")
    assert secrets.open_address(f"http://h/?key={placeholder(encoded('KEY'), NONCE)}") == "http://h/?key=pw%261%23"
    basic = placeholder(in_base64(["me:", "KEY", ""]), NONCE)
    assert secrets.open_address(f"http://h/?key={basic}") == "http://h/?key=bWU6cHcmMSM%3D"
    link = secrets.close("http://h/items?key=pw%261%23&page=2")
    assert secrets.open_address(link) == "http://h/items?key=pw%261%23&page=2"


def test_who_is_called_at_a_secret_address_gives_its_path_back_and_it_stays_secret() -> None:
    secrets = of("https://hooks.example/services/T0/B0/x1y2z3-x1y2z3-x1y2z3?v=abcd")
    told = secrets.told_to(f"{KEY}/more")
    said = {"path": "/services/T0/B0/x1y2z3-x1y2z3-x1y2z3?v=abcd", "token": "x1y2z3-x1y2z3-x1y2z3", "to": "services"}
    closed = told.close(said)
    assert mask(closed, NONCE) == {"path": f"/{MASK}", "token": MASK, "to": "services"}
    assert secrets.open(closed) == said
    assert secrets.told_to(f"https://elsewhere.example/{KEY}") is secrets
    assert of("https://api.example").told_to(KEY).parts == {}


def test_users_and_passwords_of_addresses_are_masked() -> None:
    assert without_user("GET http://me:pa@ss@host/a@b?c@d: no") == f"GET http://{MASK}@host/a@b?c@d: no"
    assert without_user("http://host/a@b") == "http://host/a@b"
