"""Stigmer.yaml: where it is, what may stand in it, and the project it describes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.yaml_text.errors import BadYaml, Position
from cli.exits import Exit
from cli.project.errors import BadProjectFile, BadProjectKeys, BrokenYaml, NoEntryFile, NoProjectFile, UnreadableFile
from cli.project.plain_yaml import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from apps.yaml_text.tree import Mapping, Node

FILE_NAMES = ("Stigmer.yaml", "stigmer.yaml", "Stigmer.yml", "stigmer.yml")
KEYS = ("name", "runtime", "version", "main", "description", "organization", "notify")
REQUIRED = ("name", "runtime")
# A project file is a handful of lines; more is some other file.
MAX_BYTES = 1024 * 1024

EXAMPLES = {
    "name": "name: my-agent",
    "runtime": "runtime: python",
    "version": 'version: "1.0"',
    "main": "main: main.py",
    "description": 'description: "What this project does"',
    "organization": "organization: my-org",
    "notify": "notify: false",
}


class Runtime(enum.StrEnum):
    """What runs the entry point."""

    PYTHON = "python"
    GO = "go"


KINDS_OF_SCALAR = {bool: "truth value", str: "text"}
DEFAULT_MAIN = {Runtime.PYTHON: "main.py", Runtime.GO: "main.go"}


@dataclass(frozen=True, slots=True)
class Project:
    """A project as Stigmer.yaml describes it. Paths are absolute; absent texts are empty.

    `entry_file` is a file or, of a Go project, the directory of a package.
    """

    file: Path
    name: str
    runtime: Runtime
    main: str
    entry_file: Path
    version: str = ""
    description: str = ""
    organization: str = ""
    notifies: bool = True
    """Whether somebody is told when its runs fail."""

    @property
    def directory(self) -> Path:
        return self.file.parent

    @property
    def entry_directory(self) -> Path:
        """Where the entry point runs: that of its file, or the package that it is."""
        return self.entry_file if self.entry_file.is_dir() else self.entry_file.parent


def load_project(start: Path, config: Path | None = None) -> Project:
    """The project whose file is `config` (a file, or a directory holding it), else the nearest above `start`.

    Raises NoProjectFile, UnreadableFile, BrokenYaml, BadProjectFile, BadProjectKeys or NoEntryFile.
    """
    file = _named_file(config) if config is not None else find_project_file(start)
    return read_project(file)


def project_name(start: Path) -> str:
    """The name of the project that `start` is in; "" where it is in none. Its entry point need not be there.

    Raises UnreadableFile, BrokenYaml, BadProjectFile or BadProjectKeys.
    """
    try:
        file = find_project_file(start)
    except NoProjectFile:
        return ""
    return _values(file, _read(file))[0]["name"]


def find_project_file(start: Path) -> Path:
    """The nearest Stigmer.yaml, in `start` or above it."""
    directory = start.absolute()
    for candidate in (directory, *directory.parents):
        for name in FILE_NAMES:
            if (candidate / name).is_file():
                return candidate / name
    raise NoProjectFile(directory, _misspelt(directory))


def _misspelt(directory: Path) -> str:
    """A file there whose name is that of a project file but for its letters' case."""
    meant = {name.lower() for name in FILE_NAMES}
    try:
        names = (each.name for each in directory.iterdir() if each.name.lower() in meant and each.is_file())
        return next(names, "")
    except OSError:
        return ""


def _named_file(config: Path) -> Path:
    config = config.absolute()
    if not config.is_dir():
        return config
    for name in FILE_NAMES:
        if (config / name).is_file():
            return config / name
    raise UnreadableFile(config, "the directory holds no Stigmer.yaml", hint="Create one with `stigmer new NAME`")


def read_project(file: Path) -> Project:
    """Reads and checks one project file."""
    data = _read(file)
    values, lines = _values(file, data)
    runtime = Runtime(values["runtime"])
    main = values.get("main") or DEFAULT_MAIN[runtime]
    entry_file = file.parent / main
    if not entry_file.is_file() and not (runtime is Runtime.GO and entry_file.is_dir()):
        raise NoEntryFile(file, lines.get("main", 0) or _line_of(data, "main"), entry_file)
    return Project(
        file=file,
        name=values["name"],
        runtime=runtime,
        main=main,
        entry_file=entry_file,
        version=values.get("version", ""),
        description=values.get("description", ""),
        organization=values.get("organization", ""),
        notifies=values.get("notify") != "false",
    )


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "Create one with `stigmer new NAME`"
        raise UnreadableFile(file, "there is no such file", hint=hint, exit=Exit.NOT_FOUND) from None
    except OSError as error:
        raise UnreadableFile(file, (error.strerror or str(error)).lower()) from None
    if len(data) > MAX_BYTES:
        raise UnreadableFile(file, "it is larger than 1 MiB", hint="Is this the Stigmer.yaml of a project?")
    return data


def _values(file: Path, data: bytes) -> tuple[dict[str, str], dict[str, int]]:
    """Values by key, and lines as far as they are known."""
    values = _plain_values(data)
    return _checked_values(file, data) if values is None else (values, {})


def _plain_values(data: bytes) -> dict[str, str] | None:
    """The short way, taken only when nothing at all is wrong with the file."""
    try:
        values = read_plain(data.decode("ascii"))
    except UnicodeDecodeError:
        return None
    if values is None or not set(values) <= {*KEYS} - {"notify"} or not all(values.get(key) for key in REQUIRED):
        return None
    return values if values["runtime"] in list(Runtime) else None


def _line_of(data: bytes, key: str) -> int:
    """The line of a key at the left margin, counting from 1; 0 when there is none."""
    lines = data.decode("utf-8", "replace").split("\n")
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 0)


def _checked_values(file: Path, data: bytes) -> tuple[dict[str, str], dict[str, int]]:
    """Values and lines by key, through the real parser. Raises for everything that is wrong with them at once."""
    from apps.yaml_text.tree import Mapping, read_documents  # the plain reader rarely gives up

    def refuse(position: Position, text: str) -> None:
        raise BrokenYaml(file, position, text)

    try:
        documents = list(read_documents(data, refuse))
    except BadYaml as error:
        raise BrokenYaml(file, error.position, error.why, hint=error.hint) from None
    root = documents[0] if documents else Mapping(Position(1, 1))
    if not isinstance(root, Mapping):
        raise BrokenYaml(file, root.position, "a project file is a list of `key: value` lines", hint=_example())
    if len(documents) > 1:
        raise BrokenYaml(file, documents[1].position, "a project file holds one document", hint="Delete the second one")
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    problems: list[BadProjectFile] = []
    meant: set[str] = set()
    for key, (position, node) in root.entries.items():
        lines[key] = position.line
        try:
            if key not in KEYS:
                meant.update(_close_to(key))
                raise _unknown_key(file, position, key)
            values[key] = _text(file, key, node)
        except BadProjectFile as bad:
            problems.append(bad)
    problems += _missing(file, root, values, {bad.key for bad in problems} | meant)
    if len(problems) > 1:
        raise BadProjectKeys(file, sorted(problems, key=lambda bad: (bad.position.line, bad.position.column)))
    if problems:
        raise problems[0]
    return values, lines


def _missing(file: Path, root: Mapping, values: dict[str, str], reported: set[str]) -> Iterator[BadProjectFile]:
    """Problems with required keys, but for those that something else was `reported`."""
    for key in REQUIRED:
        if key not in reported and not values.get(key, "").strip():
            place = root.entries[key][0] if key in root.entries else Position(1, 1)
            why = f"{key}: is empty" if key in root.entries else f"{key}: is missing"
            yield BadProjectFile(file, place, key, why, hint=f"Add a line `{EXAMPLES[key]}`")
    if values.get("runtime", "").strip() and values["runtime"] not in list(Runtime):
        place = root.entries["runtime"][1].position
        why = f"runtime: {values['runtime']!r} is not supported"
        yield BadProjectFile(file, place, "runtime", why, hint="Use `runtime: python` or `runtime: go`")


def _text(file: Path, key: str, node: Node) -> str:
    """The text of a value. A version may look like a number, which is then kept as written."""
    from apps.yaml_text.tree import Scalar  # imported by the caller already

    if isinstance(node, Scalar):
        if isinstance(node.value, str) and key != "notify":
            return node.value
        if node.value is None:
            return ""
        if key == "version" and not isinstance(node.value, bool):
            return node.text
        if key == "notify" and isinstance(node.value, bool):
            return str(node.value).lower()
        found = f"the {KINDS_OF_SCALAR.get(type(node.value), 'number')} {node.text}"
    else:
        found = f"a {'list' if hasattr(node, 'items') else 'mapping'}"
    wanted = "true or false" if key == "notify" else "text"
    quotes = "" if key == "notify" else ", in quotes if need be"
    why = f"{key}: must be {wanted}, found {found}"
    raise BadProjectFile(file, node.position, key, why, hint=f"Write it like `{EXAMPLES[key]}`{quotes}")


def _unknown_key(file: Path, position: Position, key: str) -> BadProjectFile:
    close = _close_to(key)
    hint = f"Did you mean `{close[0]}`?" if close else f"Known keys are {', '.join(KEYS)}"
    return BadProjectFile(file, position, key, f"{key}: unknown key", hint=hint)


def _close_to(key: str) -> list[str]:
    """The known key that was probably meant, if there is one."""
    from difflib import get_close_matches  # only on the way to an error

    return get_close_matches(key.lower(), KEYS, n=1)


def _example() -> str:
    return "A smallest project file: `name: my-agent` and, on a line of its own, `runtime: python`"
