"""Messages that a program prints over several lines are put together; what is none of them passes at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from apps.agents.runtime.mcp import joining
from apps.agents.runtime.mcp.joining import PAUSE, Joining
from apps.agents.runtime.mcp.reading import messages_in
from apps.resources.json_value import Json

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=12,
)
NOISE = ("INFO ready", "done: 3 of {4}", "{'a': 1}", '"open', "")
ONE = '{"jsonrpc": "2.0", "method": "notifications/progress"}'


def fed(*lines: str) -> list[Json]:
    """The messages that come out, and None for what was too long."""
    together = Joining()
    out = [whole for line in lines for whole in together.added(f"{line}\n".encode())]
    return [message for whole in out for message in ([None] if whole is None else messages_in(whole))]


@settings(database=None, deadline=None)
@given(VALUES, some.sampled_from([None, 0, 1, 4, "\t"]), some.booleans(), some.lists(some.sampled_from(NOISE)))
def test_a_message_is_the_same_however_it_is_spread(
    value: Json, indent: int | str | None, is_ascii: bool, noise: list[str]
) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "result": {"value": value}}
    lines = json.dumps(message, indent=indent, ensure_ascii=is_ascii).split("\n")
    between = dict(enumerate(noise))
    mixed = [part for index, line in enumerate(lines) for part in (line, between.get(index, "  "))]
    (read,) = fed(*noise, *mixed)
    assert json.dumps(read) == json.dumps(messages_in(json.dumps(message).encode())[0])


def test_a_whole_message_passes_while_another_waits_for_its_rest() -> None:
    together = Joining()
    assert together.added(b'{"jsonrpc": "2.0",\n') == []
    assert together.added(ONE.encode()) == [ONE.encode()]
    assert together.added(b'"id": 1, "result": {}}\n') == [b'{"jsonrpc": "2.0",\n"id": 1, "result": {}}\n']


@pytest.mark.parametrize("follows", ["{\n", "[\n"])
def test_what_was_cut_off_does_not_take_the_next_message_with_it(follows: str) -> None:
    together = Joining()
    assert together.added(b'{"jsonrpc": "2.0", "id": 1, "result": {\n') == []
    assert together.added(follows.encode()) == [b'{"jsonrpc": "2.0", "id": 1, "result": {\n']


def test_what_was_cut_off_is_told_when_nothing_follows() -> None:
    together = Joining()
    assert together.added(b'{"jsonrpc": "2.0",\n') == []
    assert together.added(PAUSE) == [b'{"jsonrpc": "2.0",\n']
    assert together.added(PAUSE) == []


def test_what_has_no_end_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MAX_ANSWER", 100)
    together = Joining()
    lines = [b'{"jsonrpc": [\n', *[b'"0123456789",\n'] * 10]
    assert None in [whole for line in lines for whole in together.added(line)]
    assert together.added(None) == [None]
