"""Tasks: what a workflow does, one after the other."""

from typing import TYPE_CHECKING, Any, Final, Self

from stigmer import checks
from stigmer.errors import DefinitionError, Place, caller
from stigmer.expression import Expression, Result
from stigmer.jq import TERM, quoted
from stigmer.values import program

# Where a flow may go besides to another task.
DIRECTIONS: Final = ("continue", "exit", "end")
# What a workflow has at hand under these names is not for tasks and variables to replace.
RESERVED: Final = ("secrets", "env_vars")
WHOLE_RESULT: Final = "${.}"


def described(kind: str, name: object) -> str:
    """How errors call a task."""
    return f'{kind} task "{name}"'


def free_name(owner: str, argument: str, name: object) -> str:
    """A name for a task, a variable, an element or an error."""
    found = checks.required(owner, argument, name)
    if found in RESERVED:
        raise DefinitionError(owner, argument, f'"{found}" is taken: .{found} is what the environment has')
    return found


class Task(Result):
    """One task of a workflow. `task["key"]` is a part of its result, `task.output` all of it.

    Made by the methods of `Workflow`; it belongs to the block that is open at that moment.
    """

    def __init__(self, name: str, kind: str, config: dict[str, Any]) -> None:
        """`kind` is the contract's, without its prefix; `config` has the field names of its task_config."""
        self.place = caller()
        self.name = free_name(f"{kind} task", "name", name)
        if name.lower() in DIRECTIONS:
            raise DefinitionError(f"{kind} task", "name", f'"{name}" is taken: it is a direction of the flow')
        self.kind = kind
        self._config = config
        self._export: str | None = None
        self._then: str | None = None
        self._then_place = self.place

    @property
    def owner(self) -> str:
        """How errors call it."""
        return described(self.kind, self.name)

    # Its result

    @property
    def output(self) -> Expression:
        """The result of the task. Using it makes the task export its result, unless `export_as` says what."""
        self._export = self._export or WHOLE_RESULT
        return Expression(f"$context[{quoted(self.name)}]", TERM, fixed=True)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> None:
            if name.startswith("_"):
                raise AttributeError(name)
            raise DefinitionError(
                self.owner, name, f'is no attribute of a task: a part of its result is task["{name}"]'
            )

    # Its place in the flow

    def export_as(self, value: Expression | str) -> Self:
        """Keep this, computed from the result as `.`, as the task's result for the rest of the workflow."""
        self._export = program(self.owner, "export_as", value)
        return self

    def then(self, target: "Task | str") -> Self:
        """Go to another task afterwards, by object or name, or: "continue", "exit" (the block), "end" (everything)."""
        self._then = target.name if isinstance(target, Task) else checks.required(self.owner, "then", target)
        self._then_place = caller()
        return self

    # For the workflow

    def bodies(self) -> "list[tuple[str, list[Task]]]":
        """The lists of tasks inside it, each with what errors call it."""
        return []

    def targets(self) -> list[tuple[str, str, Place]]:
        """The names it may go to, each with the argument and the line that said so."""
        return [("then", self._then, self._then_place)] if self._then is not None else []

    def config(self) -> dict[str, Any]:
        """The fields of its task_config."""
        return self._config

    def to_dict(self, config_key: str = "task_config") -> dict[str, Any]:
        """The fields of a WorkflowTask. Inside another task_config it is JSON, where the key is `taskConfig`."""
        fields: dict[str, Any] = {
            "name": self.name,
            "kind": f"WORKFLOW_TASK_KIND_{self.kind}",
            config_key: self.config(),
        }
        if self._export is not None:
            fields["export"] = {"as": self._export}
        if self._then is not None:
            fields["flow"] = {"then": self._then}
        return fields


def nested(tasks: list[Task]) -> list[dict[str, Any]]:
    """Tasks inside the task_config of another one."""
    return [task.to_dict("taskConfig") for task in tasks]
