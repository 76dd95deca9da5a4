"""GRPC_CALL: understood, not run yet."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.definition import Config
from apps.workflows.expressions import Template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.values import Json


@dataclass(frozen=True)
class GrpcCallConfig(Config):
    service: Template
    method: str
    request: Json


def parse(reader: Reader, _tasks: ParseTasks) -> GrpcCallConfig:
    fields = reader.fields("service", "method", "request")
    return GrpcCallConfig(fields["service"].template(), fields["method"].text(), fields["request"].object_data())
