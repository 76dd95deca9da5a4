"""Tool servers of projects: their relative paths count from the project's directory, `python3` is the project's own.

Nothing of that stands in a spec, which is the same wherever it is deployed from. Where the project is was noted when it
was last applied from this machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.agents.runtime.errors import RunFailed
from apps.resources.json_value import Json
from apps.resources.project import Project

PYTHON = frozenset({"python", "python3"})
INTERPRETERS = re.compile(r"(python[\d.]*|node|deno|bun|tsx|ruby|perl|php|bash|sh)")
"""Programs whose first argument, options aside, is a file."""
SCRIPT = re.compile(r".*\.(py|[cm]?[jt]s|rb|pl|php|sh)")
OPTION_WITH_PATH = re.compile(r"(-[^=/\s]*=)(\.\.?/.*)", re.DOTALL)
HERE = (".", "..")


@dataclass(frozen=True)
class Place:
    """Where a project is on this machine; `python` is "" where `python3` is the one on PATH."""

    project: str
    root: Path
    python: str


def place_of(project: Project | None) -> Place | None:
    """None for what belongs to no project, or to one whose directory is not known here."""
    return Place(project.name, Path(project.root), project.python) if project is not None and project.root else None


def placed(definition: Json, place: Place | None) -> Json:
    """The definition with whole paths. Raises RunFailed for relative ones of a project that is not here (any more)."""
    stdio = definition.get("stdio")
    if not stdio:
        return definition
    command, arguments, directory = _parts(stdio)
    relative = [*_relative_parts(command, arguments, directory, place)]
    if place is None:
        if relative:
            raise _unknown_place(definition, relative[0])
        return definition
    if relative and not place.root.is_dir():
        raise RunFailed(
            f"MCP server {definition.get('name', '')!r} starts with {relative[0]!r} of project {place.project!r}, "
            f"whose directory, {place.root}, is not here any more",
            hint="Deploy it with `stigmer apply` from where it is now",
        )
    whole = {
        "command": _command(definition, command, place),
        "args": [_argument(each, arguments, command, place) for each in arguments],
        "working_dir": _joined(place, directory) if _is_relative(directory) else directory,
    }
    return {**definition, "stdio": {**stdio, **{key: value for key, value in whole.items() if value}}}


def lives_in(definition: Json, project: Project | None) -> bool:
    """Whether a server is started from files of the project that declares it, which whoever deploys it has."""
    stdio, place = definition.get("stdio"), place_of(project)
    if not stdio or place is None:
        return False
    command, arguments, directory = _parts(stdio)
    if any(_relative_parts(command, arguments, directory, place)):
        return True
    return any(Path(each).is_absolute() and Path(each).is_relative_to(place.root) for each in (command, *arguments))


def _parts(stdio: Json) -> tuple[str, list[str], str]:
    return stdio.get("command", ""), stdio.get("args", []), stdio.get("working_dir", "")


def _relative_parts(command: str, arguments: list[str], directory: str, place: Place | None) -> Iterator[str]:
    """Everything that counts from the project's directory."""
    if "/" in command and _is_relative(command):
        yield command
    if _is_relative(directory):
        yield directory
    yield from (each for each in arguments if _is_file_of_project(each, arguments, command, place))


def _is_relative(path: str) -> bool:
    return bool(path) and not path.startswith(("/", "~", "${"))


def _is_file_of_project(argument: str, arguments: Iterable[str], command: str, place: Place | None) -> bool:
    """What says so by itself (`./data`), what an interpreter runs, and what is there.

    A single dot stays what it is: the directory that the program starts in.
    """
    if argument.startswith(("./", "../")) or OPTION_WITH_PATH.fullmatch(argument):
        return True
    if argument in HERE or argument.startswith("-") or not _is_relative(argument) or "://" in argument:
        return False
    if INTERPRETERS.fullmatch(os.path.basename(command)):  # noqa: PTH119  # no path of this machine
        first = next((each for each in arguments if not each.startswith("-")), "")
        if argument == first and SCRIPT.fullmatch(argument):
            return True
    is_like_a_path = "/" in argument or "." in argument
    return place is not None and is_like_a_path and "${" not in argument and (place.root / argument).exists()


def _command(definition: Json, command: str, place: Place) -> str:
    if command in PYTHON and place.python:
        if not Path(place.python).exists():
            raise RunFailed(
                f"MCP server {definition.get('name', '')!r} wants the Python of project {place.project!r}, and "
                f"{place.python} is not here any more",
                hint=f"Make it again, or deploy the project again: `stigmer apply -C {place.root}`",
            )
        return place.python
    return _joined(place, command) if "/" in command and _is_relative(command) else command


def _argument(argument: str, arguments: Iterable[str], command: str, place: Place) -> str:
    if not _is_file_of_project(argument, arguments, command, place):
        return argument
    if option := OPTION_WITH_PATH.fullmatch(argument):
        return f"{option[1]}{_joined(place, option[2])}"
    return _joined(place, argument)


def _joined(place: Place, path: str) -> str:
    """Without the dots, as far as no placeholder stands in the way."""
    whole = f"{place.root}/{path.removeprefix('./')}"
    return whole if "${" in path else os.path.normpath(whole)


def _unknown_place(definition: Json, path: str) -> RunFailed:
    return RunFailed(
        f"MCP server {definition.get('name', '')!r} starts with {path!r}, which counts from the directory of its "
        "project, and no project that was applied from this machine owns it",
        hint="Deploy it with `stigmer apply` in the directory of its Stigmer.yaml, or give the whole path",
    )
