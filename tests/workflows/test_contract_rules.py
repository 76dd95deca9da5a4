"""The engine alone judges a task's config, so it refuses whatever the rules of the contract refuse."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import protovalidate
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message

from apps.workflows.definition import InvalidDefinition
from apps.workflows.parsing import parse_definition
from apps.workflows.values import Json
from tests.resources.kinds.test_workflow import GOOD
from tests.sdk.messages import CONFIGS, inner_tasks

PREFIX = "WORKFLOW_TASK_KIND_"
EXTENSIONS = {("catch", "errors"), ("catch", "when"), ("catch", "retry")}
EXTENSIONS_OF = {
    "FOR": {"concurrency"},
    "HTTP_CALL": {"retry"},
    "GRPC_CALL": {"metadata", "timeout_seconds", "retry"},
    "CALL_ACTIVITY": {"task_queue", "timeout_seconds", "retry"},
    "RUN": {"await", "retry"},
    "AGENT_CALL": {"retry"},
    "WAIT": {"duration", "until"},
}
"""What the engine knows and the contract's messages do not have: inside others, and of a kind itself."""
ODD: list[Json] = [None, "", "x", "x" * 64, "-1", " 5 ", 0, -1, 1.5, 301, 3601, 2**31, True, [], [1], {}, {"x": 1}]
"""Put in the place of every value in turn."""


def contract_complains(kind: str, config: dict[str, Json]) -> bool:
    """Whether the contract refuses a config; numbers with a documented default may be left out."""
    if kind not in CONFIGS:
        return False  # a number that stands for no kind is beyond the contract's rules
    message = CONFIGS[kind]()
    try:
        json_format.ParseDict(_without_extensions(kind, config), message)
    except json_format.ParseError:
        return True
    _fill_defaults(kind, message)
    try:
        protovalidate.validate(message)
    except protovalidate.ValidationError:
        return True
    inner = inner_tasks(json_format.MessageToDict(message, preserving_proto_field_name=True))
    return any(contract_complains(str(task["kind"]).removeprefix(PREFIX), task["task_config"]) for task in inner)


def _without_extensions(kind: str, config: dict[str, Json]) -> dict[str, Json]:
    config = _in_contract_form(kind, config)
    own = EXTENSIONS_OF.get(kind, set())
    config = {name: value for name, value in copy.deepcopy(config).items() if name not in own}
    for outer, inner in EXTENSIONS:
        if isinstance(config.get(outer), dict):
            config[outer].pop(inner, None)
    return config


def _in_contract_form(kind: str, config: dict[str, Json]) -> dict[str, Json]:
    """With what the contract demands where the engine takes something else for it."""
    if kind == "WAIT":
        seconds, others = config.get("seconds"), [config.get(name) for name in ("duration", "until")]
        is_expression = isinstance(seconds, str) and "${" in seconds
        return {**config, "seconds": 1} if is_expression or (seconds is None and others != [None, None]) else config
    catch = config.get("catch") if kind == "TRY" else None
    if isinstance(catch, dict) and isinstance(catch.get("retry"), dict) and catch.get("do") is None:
        return {**config, "catch": {**catch, "do": config.get("try")}}
    return config


def _fill_defaults(kind: str, message: Message) -> None:
    if kind == "HTTP_CALL":
        message.timeout_seconds = message.timeout_seconds or 30  # type: ignore[attr-defined]  # of this kind
    elif kind == "AGENT_CALL" and message.HasField("config"):
        message.config.timeout = message.config.timeout or 300  # type: ignore[attr-defined]  # of this kind


def engine_complains(kind: str, config: Json) -> bool:
    try:
        parse_definition({"tasks": [{"name": "t", "kind": kind, "task_config": config}]})
    except InvalidDefinition:
        return True
    return False


def changed(value: Json) -> Iterator[Json]:
    """`value` with one thing in it left out, or something odd in its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: each for name, each in value.items() if name != key}
            yield {**{name: each for name, each in value.items() if name != key}, key.upper(): inner}
            yield from ({**value, key: other} for other in (*ODD, *changed(inner)))
        yield {**value, "surprise": 1}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield [*value[:index], *value[index + 1 :]]
            yield from ([*value[:index], other, *value[index + 1 :]] for other in (*ODD, *changed(inner)))


@pytest.mark.parametrize("kind", CONFIGS)
def test_what_the_contract_refuses_the_engine_refuses(kind: str) -> None:
    configs = [odd for config in GOOD[kind] for odd in changed(config)]
    refused = [config for config in configs if contract_complains(kind, config)]
    assert len(refused) > 10
    assert [config for config in refused if not engine_complains(kind, config)] == []


@pytest.mark.parametrize("kind", CONFIGS)
def test_what_is_good_passes_both(kind: str) -> None:
    assert not any(contract_complains(kind, config) or engine_complains(kind, config) for config in GOOD[kind])
