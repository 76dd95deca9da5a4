"""RUN: a child workflow; understood, not run yet."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.definition import Config
from apps.workflows.expressions import Template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.values import Json


@dataclass(frozen=True)
class RunConfig(Config):
    workflow: Template
    input: Json


def parse(reader: Reader, _tasks: ParseTasks) -> RunConfig:
    fields = reader.fields("workflow", "input")
    return RunConfig(fields["workflow"].template(), fields["input"].object_data())
