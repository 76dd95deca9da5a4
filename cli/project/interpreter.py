"""Which Python runs a project, and the SDK that is lent to one that has none."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cli.project.errors import BrokenVenv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENVIRONMENTS = (".venv", "venv")
WORKSPACE_MARKS = ("pyproject.toml", "uv.lock", ".git")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python. `whose` names it for people, as in "the project's own Python"."""

    path: Path
    whose: str
    is_ours: bool = False

    def __str__(self) -> str:
        return f"{self.whose}, {self.path}"


def find_interpreter(directory: Path, environment: Mapping[str, str]) -> Interpreter:
    """The Python of the project in `directory`.

    That of its own environment, else of a workspace around it, else of the environment that is activated, else the one
    that runs this command. Raises BrokenVenv where the project's own leads nowhere.
    """
    for name in ENVIRONMENTS:
        venv = directory / name
        python = _python_of(venv)
        if python.is_file():
            return Interpreter(python, "the project's own Python")
        if python.is_symlink():
            raise BrokenVenv(python, venv)
    for venv in _workspaces(directory):
        return Interpreter(_python_of(venv), "the workspace's Python")
    if activated := environment.get("VIRTUAL_ENV"):
        venv = Path(activated).absolute()  # relative to where the command is typed, not to the project
        if _python_of(venv).is_file() and venv.resolve() != Path(sys.prefix).resolve():
            return Interpreter(_python_of(venv), "the activated Python")
    return Interpreter(Path(sys.executable), "Stigmer's own Python", is_ours=True)


def lend_sdk(directory: Path) -> list[str]:
    """Put our SDK into a new `directory`, and our protobuf into one inside of it: paths to try in this order.

    Links, so that nothing else that stands beside them here becomes importable there. The runtime is pure Python then
    (the compiled one fits our Python alone) and is only taken where that Python has none that is new enough.
    """
    runtime = directory / "runtime"
    (runtime / "google").mkdir(parents=True)
    for name, link in (
        ("stigmer", directory / "stigmer"),
        ("stigmer_proto", directory / "stigmer_proto"),
        ("google.protobuf", runtime / "google" / "protobuf"),
    ):
        link.symlink_to(_package(name), target_is_directory=True)
    return [str(directory), str(runtime)]


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return Path(next(iter(spec.submodule_search_locations)))


def _python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


def _workspaces(directory: Path) -> Iterator[Path]:
    """Environments of workspaces above a project, nearest first: only such as nobody else can have put there."""
    for above in directory.absolute().parents:
        venv = above / ENVIRONMENTS[0]
        if (
            _python_of(venv).is_file()
            and venv.stat().st_uid in {0, os.getuid()}
            and any((above / mark).exists() for mark in WORKSPACE_MARKS)
        ):
            yield venv
