"""A run that is to be started, from plain data to the wire. Imported only by who starts one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stigmer_proto.controlplane.v1 import runs_pb2

from apps.backends.base import Invalid, Violation
from apps.shared.input_json import Unsendable, check_sendable

if TYPE_CHECKING:
    from apps.backends.runs import StartRun


def check_input(name: str, value: object) -> None:
    """Raise Invalid for a value of the input that would arrive as another one, or not at all."""
    try:
        check_sendable({name: value})
    except Unsendable as error:
        path = f"input.{name}"
        raise Invalid(f"{path}: {error}", violations=(Violation(path, str(error)),)) from None


def encode(wanted: StartRun) -> runs_pb2.StartRunRequest:
    """The request. Raises Invalid for input that would not arrive as it is."""
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
