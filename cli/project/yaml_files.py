"""Resource files for `apply -f`: YAML or JSON, one or several documents each, read in full before anything happens."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from apps.backends.kinds import BY_NAME, DECLARED, Kind
from apps.yaml_text.errors import BadYaml
from apps.yaml_text.messages import MessageReader, describe, suggestion
from apps.yaml_text.tree import Items, Mapping, Scalar, read_documents
from cli.exits import Exit
from cli.project.calls import dependencies_of
from cli.project.discovery import DiscoveredResource, Discovery, discovery_of
from cli.project.errors import InvalidResources, NoResources, UnreadableFile, Violation
from cli.project.json_text import as_yaml
from cli.project.manifests import MAX_BYTES
from cli.project.project_file import FILE_NAMES
from cli.project.scripts import locate_scripts
from cli.project.yaml_source import YamlSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from apps.yaml_text.errors import Position
    from apps.yaml_text.tree import Node

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
STDIN = "-"
STDIN_NAME = "standard input"
# Written by the server alone; what `stigmer get -o yaml` shows may be applied again as it is.
SERVER_SIDE = "status"


def load_files(paths: Sequence[str], *, org: str = "local", stdin: BinaryIO | None = None) -> Discovery:
    """Every resource in `paths` (files, directories, or `-` for `stdin`), in the order in which to apply them.

    Raises UnreadableFile, NoResources, DuplicateSlug, DependencyCycle, or InvalidResources with all that is wrong.
    """
    reader = _FileReader()
    for name, data in _contents(paths, stdin):
        reader.read(name, data)
    if reader.violations:
        raise InvalidResources(reader.violations)
    if not reader.found:
        raise NoResources(
            f"no resource in {', '.join(STDIN_NAME if path == STDIN else path for path in paths)}",
            hint="A resource is a YAML document with apiVersion, kind, metadata and spec",
            passed_over=reader.warnings,
        )
    needs = dependencies_of(reader.found)
    missing = locate_scripts(reader.found, lambda resource: Path(resource.source.file).absolute().parent)
    return discovery_of(reader.found, org=org, dependencies=needs, warnings=[*reader.warnings, *missing])


class _FileReader:
    """Reads file after file and remembers what it found and what was wrong."""

    def __init__(self) -> None:
        self.found: list[DiscoveredResource] = []
        self.violations: list[Violation] = []
        self.warnings: list[str] = []

    def read(self, file: str, data: bytes) -> None:
        """One file. Text that is not YAML ends it; the next file is read all the same."""

        def report(position: Position, text: str) -> None:
            self.violations.append(Violation(file, position, "", text))

        try:
            for node in read_documents(as_yaml(data) if _is_json(file, data) else data, report):
                for document in node.items if isinstance(node, Items) else [node]:
                    self.document(file, document)
        except BadYaml as error:
            report(error.position, error.why)

    def document(self, file: str, node: Node) -> None:
        """One document, or one item of a list of them."""

        def report(position: Position, path: str, text: str) -> None:
            self.violations.append(Violation(file, position, path, text))

        if not isinstance(node, Mapping):
            wanted = "a resource is a mapping with apiVersion, kind, metadata and spec"
            report(node.position, "", f"{wanted}, found {describe(node)}")
            return
        name = _text(node, "kind")
        kind = BY_NAME.get(name)
        if kind is None:
            report(node.entries["kind"][0] if "kind" in node.entries else node.position, "kind", _no_kind(node))
            return
        if not kind.is_declared:
            report(node.entries["kind"][0], "kind", f"{name} cannot be applied: {kind.origin}")
            return
        self.envelope(file, node, kind)

    def envelope(self, file: str, node: Mapping, kind: Kind) -> None:
        """A document of a known kind."""

        def report(position: Position, path: str, text: str) -> None:
            self.violations.append(Violation(file, position, path, text))

        self.check_version(file, node, kind)
        message = kind.message_class()()
        written = {key: entry for key, entry in node.entries.items() if key != SERVER_SIDE}
        MessageReader(report).fill(message, Mapping(node.position, written))
        message.api_version = api_version(kind)
        self.found.append(DiscoveredResource(kind.name, message, YamlSource(file, node)))

    def check_version(self, file: str, node: Mapping, kind: Kind) -> None:
        """Missing or different: a version this program does not know may mean something else."""
        key = next((key for key in ("apiVersion", "api_version") if key in node.entries), "")
        expected = api_version(kind)
        if key and _text(node, key) == expected:
            return
        position = node.entries[key][1].position if key else node.position
        problem = f"must be {expected}" if key else f"is missing: write `apiVersion: {expected}`"
        self.violations.append(Violation(file, position, "api_version", problem))


def _is_json(file: str, data: bytes) -> bool:
    return file.endswith(".json") or data.lstrip().startswith((b"{", b"["))


def api_version(kind: Kind) -> str:
    """`agentic.stigmer.ai/v1` for a kind in `agentic.agent.v1`."""
    group, *_, version = kind.package.split(".")
    return f"{group}.stigmer.ai/{version}"


def _text(node: Mapping, key: str) -> str:
    """The text under a key; empty when there is none."""
    _, value = node.entries.get(key, (None, None))
    return value.value if isinstance(value, Scalar) and isinstance(value.value, str) else ""


def _no_kind(node: Mapping) -> str:
    """Why a document is of no known kind."""
    _, written = node.entries.get("kind", (None, None))
    if written is None or (isinstance(written, Scalar) and written.text == ""):
        return f"is missing; known kinds are {', '.join(DECLARED)}"
    if not isinstance(written, Scalar) or not isinstance(written.value, str):
        return f"must be text, found {describe(written)}"
    return f"unknown kind {written.value!r}" + suggestion(written.value, DECLARED)


def _contents(paths: Iterable[str], stdin: BinaryIO | None) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file, each file once."""
    seen: set[Path] = set()
    for path in paths:
        if path == STDIN:
            if stdin is None:
                raise UnreadableFile("standard input", "it can be read only once", hint="Name `-f -` once")
            yield STDIN_NAME, _limited(stdin, STDIN_NAME)
            stdin = None
            continue
        for file in _files(Path(path)):
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield str(file), _read(file)


def _files(path: Path) -> list[Path]:
    """The file itself, or every resource file below a directory: not hidden ones, not project files."""
    if not path.is_dir():
        if path.name in FILE_NAMES:
            hint = f"Deploy the project with `stigmer apply -C {path.parent}`"
            raise UnreadableFile(path, "it describes a project, not a resource", hint=hint)
        return [path]
    found: list[Path] = []
    for directory, directories, names in os.walk(path, onerror=_cannot_walk):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        wanted = (name for name in names if Path(name).suffix in SUFFIXES and not name.startswith("."))
        found += [Path(directory, name) for name in sorted(wanted) if name not in FILE_NAMES]
    if not found:
        hint = "Resource files end in .yaml, .yml or .json"
        raise UnreadableFile(path, "the directory holds no resource file", hint=hint)
    return found


def _cannot_walk(error: OSError) -> None:
    raise UnreadableFile(str(error.filename), (error.strerror or str(error)).lower())


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return _limited(stream, str(file))
    except FileNotFoundError:
        raise UnreadableFile(file, "there is no such file", exit=Exit.NOT_FOUND) from None
    except OSError as error:
        raise UnreadableFile(file, (error.strerror or str(error)).lower()) from None


def _limited(stream: BinaryIO, name: str) -> bytes:
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnreadableFile(name, "it is larger than 10 MiB", hint="Split it into several files")
    return data
