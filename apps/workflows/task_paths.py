"""Paths of tasks in a run: what a record is filed under, the same on every replay.

A path is the names of the tasks down from the workflow, each after a slash: `/fetch`. An iteration adds its index to
the loop, from 0: `/loop[3]/set`. The halves of a TRY are segments of their own: `/guard/try/fetch`, `/guard/catch/log`.
A task that runs again after a jump backwards says which visit it is: `/fetch#2`. In names, the characters with a
meaning are written `~0` (~), `~1` (/), `~2` ([) and `~3` (#), so no two tasks can have the same path.
"""

BAG = object()
"""In place of a value for `.`: the data bag."""

_ESCAPES = str.maketrans({"~": "~0", "/": "~1", "[": "~2", "#": "~3"})


def task_path(parent: str, name: str, visit: int) -> str:
    """The path of the `visit`-th run (1 or more) of task `name` in the list at `parent`."""
    path = f"{parent}/{name.translate(_ESCAPES)}"
    return path if visit == 1 else f"{path}#{visit}"


def iteration_path(loop: str, index: int) -> str:
    return f"{loop}[{index}]"
