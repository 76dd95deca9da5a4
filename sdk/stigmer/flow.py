"""What can be checked only when a workflow is complete: blocks are filled, flows lead somewhere."""

from stigmer.errors import DefinitionError
from stigmer.task import DIRECTIONS, Task


def check_flow(tasks: list[Task]) -> None:
    """Refuse empty blocks, and targets that are not in the task's own list."""
    known = {task.name for task in tasks}
    for task in tasks:
        for argument, target in task.targets():
            if target not in known and target not in DIRECTIONS:
                raise DefinitionError(task.owner, argument, f'goes to "{target}": no such task here', task.place)
        for name, body in task.bodies():
            if not body:
                raise DefinitionError(task.owner, name, "has no tasks: open it with `with`", task.place)
            check_flow(body)
