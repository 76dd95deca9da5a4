"""Rules that more than one part follows: written once, or compared here where a part must stand alone."""

from __future__ import annotations

import ssl

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as some
from stigmer import DefinitionError
from stigmer import checks as of_the_sdk
from stigmer_proto.agentic.environment.v1 import api_pb2

from apps.shared.causes import causes_of
from apps.shared.durations import duration
from apps.shared.long_names import shortened
from apps.shared.message_json import in_order
from apps.shared.slugs import lost_letters, slug_of
from apps.shared.tls import is_refused_by_tls

NAMES = some.text(alphabet=some.one_of(some.sampled_from("aZ0 -_.\t"), some.characters()), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("name", "lost"), [("Support Bot!", ""), ("Café Maß, Café", "éß"), ("İzmir", ""), ("日報 7", "日報"), ("²", "²")]
)
def test_letters_and_digits_that_a_slug_has_not_are_known(name: str, lost: str) -> None:
    assert lost_letters(name) == lost


@settings(database=None, max_examples=300, deadline=None)
@given(NAMES)
def test_the_sdk_which_stands_alone_makes_the_same_slugs(name: str) -> None:
    made = slug_of(name)
    if made:
        assert of_the_sdk.slug_of("it", name, None) == made
    else:
        with pytest.raises(DefinitionError, match="makes no slug"):
            of_the_sdk.slug_of("it", name, None)


@pytest.mark.parametrize(
    ("error", "is_refused"),
    [
        (ssl.SSLCertVerificationError("certificate verify failed"), True),
        (ssl.SSLError(1, "wrong version number"), True),
        (ssl.SSLEOFError("the peer went away"), False),
        (TimeoutError("handshake timed out"), False),
    ],
)
def test_a_handshake_that_broke_off_may_succeed_later(error: Exception, is_refused: bool) -> None:
    assert is_refused_by_tls(error) is is_refused


def test_slugs() -> None:
    assert slug_of("Support Bot!") == "support-bot"
    assert slug_of("--a  b--") == "a-b"
    assert slug_of("!!!") == ""


def test_durations_are_told_in_the_unit_that_fits() -> None:
    told = [duration(seconds) for seconds in (-1, 0.012, 3.44, 125, 3780)]
    assert told == ["0 ms", "12 ms", "3.4 s", "2 m 5 s", "1 h 3 m"]
    assert [duration(seconds, minute="min") for seconds in (125, 3780)] == ["2 min 5 s", "1 h 3 min"]


def test_errors_that_are_each_others_cause_are_met_once() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__context__ = other, one
    assert list(causes_of(one)) == [one, other]


def test_maps_are_sorted_and_fields_stay_or_follow_the_contract() -> None:
    message = api_pb2.Environment(kind="Environment", api_version="v1")
    for name in ("B", "A", "C"):
        message.spec.data[name].value = name
    value = {"spec": {"data": {"B": {}, "A": {}}}, "apiVersion": "v1", "kind": "Environment"}
    assert list(in_order(value, message.DESCRIPTOR)) == ["spec", "apiVersion", "kind"]
    assert list(in_order(value, message.DESCRIPTOR, by_declaration=True)) == ["apiVersion", "kind", "spec"]
    assert list(in_order(value, message.DESCRIPTOR)["spec"]["data"]) == ["A", "B"]
    whole = in_order(MessageToDict(message), message.DESCRIPTOR)
    assert (whole, list(whole["spec"]["data"])) == (MessageToDict(message), ["A", "B", "C"])


def test_names_that_are_longer_than_any_sentence_lose_their_middle() -> None:
    name = "x" * 40_000
    assert shortened(f"Agent {name!r} not found") == f"Agent '{'x' * 59}… (39,922 characters) …{'x' * 19}' not found"
    assert len(shortened(f"{name}: is no name, nor is {name}")) < 300
    spaced = "a b" * 20_000
    assert len(shortened(f"the name {spaced!r} is taken")) < 200
    for kept in ("a sentence of words " * 100, f"cp /{'d/' * 200} there", "'" + "y" * 400 + "'"):
        assert shortened(kept) == kept
