"""The tree of a workflow, whatever form it was written in. Plain, frozen, comparable data."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from apps.workflows.expressions import Program, Template

CONTINUE: Final = "continue"
EXIT: Final = "exit"
END: Final = "end"
DIRECTIVES: Final = (CONTINUE, EXIT, END)
RESERVED_NAMES: Final = frozenset({"secrets", "env_vars"})
"""Keys of the data bag that no task, variable or export may take."""


@dataclass(frozen=True)
class Config:
    """What one kind of task needs. Each kind has a subclass in its file under steps/."""

    @property
    def bodies(self) -> "tuple[tuple[Task, ...], ...]":
        """The lists of tasks inside this task."""
        return ()

    @property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Where this task itself may send the run, beside its `then`: the field that says so, and the name."""
        return ()


@dataclass(frozen=True)
class Task:
    """One task. `place` is where the author finds it: `spec.tasks[2]`, `spec.tasks[2].task_config.do[0]`."""

    name: str
    kind: str
    config: Config
    place: str
    export: Template | None = None
    then: str = CONTINUE


@dataclass(frozen=True)
class Definition:
    """A workflow that parsed without a complaint."""

    namespace: str
    name: str
    version: str
    tasks: tuple[Task, ...]
    programs: tuple[tuple[str, Program], ...] = field(default=(), repr=False, compare=False)
    """Every expression in it with the path of its field, in no order that matters."""

    def all_tasks(self) -> Iterator[Task]:
        """Every task in declared order, each before the tasks inside it."""
        return walk(self.tasks)


def walk(tasks: tuple[Task, ...]) -> Iterator[Task]:
    """Tasks of a list in declared order, each before the tasks inside it."""
    for task in tasks:
        yield task
        for body in task.config.bodies:
            yield from walk(body)


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with a definition: the path of the field and a sentence."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidDefinition(Exception):
    """A definition with at least one problem; `problems` has all of them, in the order of the text."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))
