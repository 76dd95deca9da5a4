"""LISTEN: wait for signals from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.effects.listen import ListenCall
from apps.workflows.expressions import compile_template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext

QUERY: Final = "query"
NO_LIMIT: Final = 0
ALL_DATA: Final = compile_template("${ . }")


@dataclass(frozen=True)
class ListenConfig(Config):
    mode: str
    signals: tuple[tuple[str, str], ...]
    """(id, type) of each."""

    def names(self, *, of_queries: bool) -> list[str]:
        """Each once, in declared order."""
        return [*dict.fromkeys(name for name, type_ in self.signals if (type_ == QUERY) == of_queries)]


def parse(reader: Reader, _tasks: ParseTasks) -> ListenConfig:
    fields = reader.fields("to")["to"].required().fields("mode", "signals")
    signals = tuple(
        (parts["id"].text(), parts["type"].one_of("signal", "query", "update"))
        for parts in (item.fields("id", "type") for item in fields["signals"].items())
    )
    return ListenConfig(fields["mode"].one_of("one", "all"), signals)


async def run(active: TaskContext, config: ListenConfig) -> Done:
    """Output: what the signal carries; where more than one may come, or all have to, by the id of each that came.

    A query is answered with the data as of now, and ends no wait.
    """
    if active.next_frame() is None:
        active.begin({"mode": config.mode, "signals": [{"id": name, "type": type_} for name, type_ in config.signals]})
    queries = config.names(of_queries=True)
    call = ListenCall(
        path=active.path,
        attempt=active.attempt,
        timeout_seconds=NO_LIMIT,
        signals=config.names(of_queries=False),
        waits_for_all=config.mode == "all",
        queries=queries,
        data=active.evaluate(ALL_DATA) if queries else None,
    )
    with active.framed(dict):
        return Done((await active.perform(call)).output)
