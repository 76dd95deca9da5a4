"""What can be checked only when a workflow is complete: blocks are filled, flows lead somewhere, nothing too deep."""

from collections.abc import Mapping
from typing import Final

from stigmer.errors import DefinitionError
from stigmer.task import DIRECTIONS, Task

# Protobuf reads messages up to 100 deep. Some are left for what a task stands in: its workflow, and lists of those.
CONFIG_DEPTH: Final = 90


def check_depth(tasks: list[Task]) -> None:
    """Refuse what would be too deep to be read again."""
    for task in tasks:
        if message_depth(task.config()) > CONFIG_DEPTH:
            problem = "is nested too deeply: move the inner tasks to a workflow of their own, or flatten the values"
            raise DefinitionError(task.owner, "what it holds", problem, task.place)


def message_depth(value: object) -> int:
    """How many messages deep protobuf's JSON goes: for a member two and its own, for an element one."""
    if isinstance(value, Mapping):
        return 1 + max((2 + message_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((1 + message_depth(item) for item in value), default=0)
    return 0


def check_flow(tasks: list[Task]) -> None:
    """Refuse empty blocks, and targets that are not in the task's own list."""
    known = {task.name for task in tasks}
    for task in tasks:
        for argument, target, place in task.targets():
            if target not in known and target not in DIRECTIONS:
                raise DefinitionError(task.owner, argument, f'goes to "{target}": no such task here', place)
        for name, body in task.bodies():
            if not body:
                raise DefinitionError(task.owner, name, "has no tasks: open it with `with`", task.place)
            check_flow(body)
