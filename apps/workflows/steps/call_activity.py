"""CALL_ACTIVITY: understood, not run yet."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.definition import Config
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.values import Json


@dataclass(frozen=True)
class CallActivityConfig(Config):
    activity: str
    input: Json


def parse(reader: Reader, _tasks: ParseTasks) -> CallActivityConfig:
    fields = reader.fields("activity", "input")
    return CallActivityConfig(fields["activity"].text(), fields["input"].object_data())
