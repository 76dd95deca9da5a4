"""WorkflowSpec as plain data -> Definition, or every problem at once.

Plain data is the JSON form of the proto message with snake_case field names; what it says of `document` and
`env_spec` is checked by the rules of the contract and not again here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.workflows.definition import (
    CONTINUE,
    DIRECTIVES,
    RESERVED_NAMES,
    Definition,
    FieldProblem,
    InvalidDefinition,
    Task,
)
from apps.workflows.expressions import Evaluator, ExpressionError
from apps.workflows.reading import Findings, Reader
from apps.workflows.steps import TABLE
from apps.workflows.values import Json

_PREFIX = "WORKFLOW_TASK_KIND_"
_MAX_NESTING = 20


def parse_definition(spec: Mapping[str, Json], evaluator: Evaluator | None = None) -> Definition:
    """The tree of a WorkflowSpec. Raises InvalidDefinition with every problem.

    With an evaluator, expressions that only jq can judge are compiled by it too; without one they are judged when
    they run. Everything else about them (braces, strings, forbidden functions) is always checked.
    """
    findings = Findings()
    tasks = _tasks(Reader(spec.get("tasks"), "spec.tasks", findings), 0)
    if evaluator is not None:
        findings.problems += _uncompilable(findings, evaluator)
    if findings.problems:
        raise InvalidDefinition(findings.problems)
    document = spec.get("document") or {}
    return Definition(
        namespace=str(document.get("namespace", "")),
        name=str(document.get("name", "")),
        version=str(document.get("version", "")),
        tasks=tasks,
        programs=tuple(findings.programs),
    )


@dataclass(frozen=True)
class UnsupportedTask:
    """A task of a kind that parses but does not run yet."""

    kind: str
    name: str
    path: str

    def __str__(self) -> str:
        return f"{self.path}: task {self.name} of kind {self.kind} cannot be run by this version"


def unsupported_tasks(definition: Definition) -> list[UnsupportedTask]:
    """Tasks that this version cannot run, in declared order. A run is refused while there is one."""
    return [
        UnsupportedTask(task.kind, task.name, task.place)
        for task in definition.all_tasks()
        if TABLE[task.kind].run is None
    ]


def _tasks(reader: Reader, depth: int) -> tuple[Task, ...]:
    """One list of tasks, and everything in it that refers to another task of the list."""
    if depth > _MAX_NESTING:
        reader.complain(f"tasks are nested more than {_MAX_NESTING} levels deep")
        return ()
    readers = reader.items()
    tasks = [_task(item, depth) for item in readers]
    names: set[str] = set()
    for task, item in zip(tasks, readers, strict=True):
        if task.name in names:
            item.child("name").complain(f"another task of this list is called {task.name} too")
        names.add(task.name)
    for task, item in zip(tasks, readers, strict=True):
        _check_targets(task, item, names)
    return tuple(tasks)


def _task(reader: Reader, depth: int) -> Task:
    fields = reader.fields("name", "kind", "task_config", "export", "flow")
    name = fields["name"].text()
    if name in RESERVED_NAMES or name.lower() in DIRECTIVES:
        fields["name"].complain(f"{name} is a reserved name")
    kind = _kind(fields["kind"])
    config_reader = fields["task_config"].required()
    config = TABLE[kind or "SET"].parse(
        config_reader if kind else Reader(None, reader.path, Findings()),
        lambda nested: _tasks(nested, depth + 1),
    )
    export = fields["export"].fields("as")["as"] if fields["export"].value is not None else None
    flow = fields["flow"].fields("then")["then"] if fields["flow"].value is not None else None
    return Task(
        name=name,
        kind=kind,
        config=config,
        place=reader.path,
        export=export.template() if export else None,
        then=(flow.text(required=False) or CONTINUE) if flow else CONTINUE,
    )


def _kind(reader: Reader) -> str:
    """The kind of a task: its enum name with or without prefix, or its enum number; empty when it is unknown."""
    value = reader.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        kinds = dict(enumerate(TABLE, start=1))
        if value not in kinds:
            reader.complain(f"unknown kind {value:g}")
        return kinds.get(int(value), "")
    word = reader.text().removeprefix(_PREFIX)
    if word and word not in TABLE:
        reader.complain(f"unknown kind {reader.value}; known are {', '.join(TABLE)}")
    return word if word in TABLE else ""


def _check_targets(task: Task, reader: Reader, names: set[str]) -> None:
    """`then` names a task of the same list, or says continue, exit or end."""
    targets = [(f"task_config.{field}", target) for field, target in task.config.targets]
    for field, target in [("flow.then", task.then), *targets]:
        if target and target not in names and target not in DIRECTIVES:
            there = ", ".join(sorted(filter(None, names)))
            reader.child(field).complain(
                f"no task {target} in this list; there are {there}, or {', '.join(DIRECTIVES)}"
            )


def _uncompilable(findings: Findings, evaluator: Evaluator) -> list[FieldProblem]:
    problems = []
    for path, program in findings.programs:
        try:
            program.check(evaluator)
        except ExpressionError as error:
            problems.append(FieldProblem(path, str(error)))
    return problems
