"""Where the new tasks of a workflow go while its `with` blocks open and close."""

from stigmer.errors import DefinitionError
from stigmer.task import Task


class Nesting:
    """The lists of tasks that are open, outermost first: the first is the workflow's own."""

    def __init__(self, owner: str, tasks: list[Task]) -> None:
        self._owner = owner
        self._open = [tasks]
        # The names that elements have in the loops open now, outermost first.
        self.loop_names: list[str] = []

    def add(self, task: Task) -> None:
        """Put a task where new tasks go."""
        self._open[-1].append(task)

    def enter(self, tasks: list[Task]) -> None:
        """New tasks go into this list from now on."""
        self._open.append(tasks)

    def leave(self, tasks: list[Task]) -> None:
        """New tasks go where they went before `enter`."""
        if self._open[-1] is not tasks:
            raise DefinitionError(self._owner, "a block", "was closed while one inside it was open")
        self._open.pop()
