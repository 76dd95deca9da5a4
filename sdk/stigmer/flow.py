"""What can be checked only when a workflow is complete: blocks are filled, flows lead somewhere."""

from collections.abc import Collection

from stigmer.errors import DefinitionError
from stigmer.task import DIRECTIONS, Task


def check_flow(tasks: list[Task], around: Collection[str] = ()) -> None:
    """Refuse empty blocks, and targets that are neither in the task's own list nor in one around it."""
    known = {*around, *(task.name for task in tasks)}
    for task in tasks:
        for argument, target in task.targets():
            if target not in known and target not in DIRECTIONS:
                problem = f'goes to "{target}": there is no such task here'
                raise DefinitionError(task.owner, argument, problem, task.place)
        for name, body in task.bodies():
            if not body:
                raise DefinitionError(task.owner, name, "has no tasks: open it with `with`", task.place)
            check_flow(body, known)
