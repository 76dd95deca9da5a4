"""WAIT: let time pass."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext

_LONGEST_SECONDS = 2**31 - 1


@dataclass(frozen=True)
class WaitConfig(Config):
    seconds: int


def parse(reader: Reader, _tasks: ParseTasks) -> WaitConfig:
    return WaitConfig(reader.fields("seconds")["seconds"].integer(least=1, most=_LONGEST_SECONDS))


async def run(active: TaskContext, config: WaitConfig) -> Done:
    active.begin({"seconds": config.seconds})
    await active.sleep(config.seconds)
    return Done({"seconds": config.seconds}, keeps_data=True)
