"""FORK: lists of tasks side by side, all of them or the first that ends well."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config, Task
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import Body, TaskContext
from apps.workflows.task_paths import task_path
from apps.workflows.values import Json

BRANCHES = "branches"


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


async def run(active: TaskContext, config: ForkConfig) -> Done:
    """Output: what the last task of each branch produced, by the branch's name; with `compete` the winner's alone.

    Each branch has data of its own: it sees what there was, and what it sets is gone when it ends. Expressions find
    what it produced as `.fork.b` and as `.fork.branches.b`.
    """
    names = [name for name, _ in config.branches]
    if active.next_frame() is None:
        active.begin({"branches": list(names), **({"compete": True} if config.compete else {})})
    bodies = [Body(task_path(active.path, name, 1), tasks, title=f"branch {name}") for name, tasks in config.branches]
    with active.framed(dict):
        if config.compete:
            winner, output = await active.race(bodies)
            return _done({names[winner]: output})
        return _done(dict(zip(names, await active.run_branches(bodies), strict=True)))


def _done(produced: dict[str, Json]) -> Done:
    return Done(produced, seen={**produced, BRANCHES: produced})
