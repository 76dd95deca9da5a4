"""FORK: branches side by side; understood, not run yet."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.definition import Config, Task
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks


@dataclass(frozen=True)
class ForkConfig(Config):
    branches: tuple[tuple[str, tuple[Task, ...]], ...]
    compete: bool

    @property
    def bodies(self) -> tuple[tuple[Task, ...], ...]:
        return tuple(tasks for _, tasks in self.branches)


def parse(reader: Reader, tasks: ParseTasks) -> ForkConfig:
    fields = reader.fields("branches", "compete")
    branches = []
    names: set[str] = set()
    for item in fields["branches"].items(at_least=2):
        parts = item.fields("name", "do")
        name = parts["name"].text()
        if name in names:
            parts["name"].complain(f"another branch is called {name} too")
        names.add(name)
        branches.append((name, tasks(parts["do"])))
    return ForkConfig(tuple(branches), fields["compete"].boolean())
