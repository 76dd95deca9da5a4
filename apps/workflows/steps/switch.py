"""SWITCH: go on at the task of the first case that holds."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.errors import CONDITION_NAME
from apps.workflows.expressions import Condition
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext


@dataclass(frozen=True)
class SwitchCase:
    name: str
    when: Condition | None
    """None for the default."""
    then: str


@dataclass(frozen=True)
class SwitchConfig(Config):
    cases: tuple[SwitchCase, ...]

    @property
    def targets(self) -> tuple[tuple[str, str], ...]:
        return tuple((f"cases[{index}].then", case.then) for index, case in enumerate(self.cases))


def parse(reader: Reader, _tasks: ParseTasks) -> SwitchConfig:
    readers = reader.fields("cases")["cases"].items()
    cases = tuple(_case(item) for item in readers)
    for case, item in list(zip(cases, readers, strict=True))[:-1]:
        if case.when is None and not _has_text(item.value):
            item.complain("a case without `when` is the default and must be the last")
    return SwitchConfig(cases)


def _case(reader: Reader) -> SwitchCase:
    fields = reader.fields("name", "when", "then")
    return SwitchCase(fields["name"].text(), fields["when"].condition(), fields["then"].text())


def _has_text(case: object) -> bool:
    """Whether a case has a `when` after all: one that did not compile has its own complaint."""
    return isinstance(case, dict) and bool(case.get("when"))


async def run(active: TaskContext, config: SwitchConfig) -> Done:
    """No case holds and there is no default: the run goes on at the switch's own `then`."""
    for case in config.cases:
        if case.when is None or active.holds(case.when, CONDITION_NAME):
            return Done({"case": case.name, "then": case.then}, then=case.then, keeps_data=True)
    return Done({"case": None}, keeps_data=True)
