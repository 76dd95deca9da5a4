"""LISTEN: wait for signals from outside; understood, not run yet."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.definition import Config
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks


@dataclass(frozen=True)
class ListenConfig(Config):
    mode: str
    signals: tuple[tuple[str, str], ...]
    """(id, type) of each."""


def parse(reader: Reader, _tasks: ParseTasks) -> ListenConfig:
    fields = reader.fields("to")["to"].required().fields("mode", "signals")
    signals = tuple(
        (parts["id"].text(), parts["type"].one_of("signal", "query", "update"))
        for parts in (item.fields("id", "type") for item in fields["signals"].items())
    )
    return ListenConfig(fields["mode"].one_of("one", "all"), signals)
