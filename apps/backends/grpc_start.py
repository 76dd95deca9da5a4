"""A run that is to be started, from plain data to the wire. Imported only by who starts one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stigmer_proto.controlplane.v1 import runs_pb2

from apps.backends.base import Invalid, Violation
from apps.shared.input_json import Unsendable, check_sendable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.runs import StartRun


def check_input(name: str, value: object) -> None:
    """Raise Invalid for a value of the input that would arrive as another one, or not at all."""
    _check(f"input.{name}", {name: value})


def check_text(place: str, value: object) -> None:
    """Raise Invalid for what is no text, or one that the wire does not hold."""
    if not isinstance(value, str):
        problem = f"a {type(value).__name__} is no text"
        raise Invalid(f"{place}: {problem}", violations=(Violation(place, problem),))
    _check(place, value)


def _check(place: str, value: object) -> None:
    try:
        check_sendable(value)
    except Unsendable as error:
        raise Invalid(f"{place}: {error}", violations=(Violation(place, str(error)),)) from None


def _texts(wanted: StartRun) -> Iterator[tuple[str, object]]:
    """All that is text in the request but the input, by place."""
    for place in ("message", "model", "session", "request_id"):
        yield place, getattr(wanted, place)
    for index, name in enumerate(wanted.environments):
        yield f"environments[{index}]", name
    variables = {name: text for name, (text, _) in wanted.runtime_env.items()}
    named = {"input_texts": wanted.input_texts, "labels": wanted.labels, "runtime_env": variables}
    for place, texts in named.items():
        for name, text in texts.items():
            yield f"a name in {place}", name
            yield f"{place}.{name}", text


def encode(wanted: StartRun) -> runs_pb2.StartRunRequest:
    """The request. Raises Invalid for what would not arrive as it is."""
    for place, text in _texts(wanted):
        check_text(place, text)
    for name, value in wanted.input.items():
        check_input(name, value)
    request = runs_pb2.StartRunRequest(
        session=wanted.session,
        org=wanted.org,
        message=wanted.message,
        input_texts=wanted.input_texts,
        environments=wanted.environments,
        model=wanted.model,
        labels=wanted.labels,
        request_id=wanted.request_id,
        rerun_of=wanted.rerun_of,
    )
    if wanted.target:
        setattr(request, wanted.target, wanted.key)
    if wanted.input:
        request.input.update(wanted.input)
    for name, (text, is_secret) in wanted.runtime_env.items():
        request.runtime_env[name].value, request.runtime_env[name].is_secret = text, is_secret
    return request
