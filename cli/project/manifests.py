"""The manifests an entry point wrote: which files may be there, and what has to be in them.

`<prefix>-<i>.pb` holds one binary protobuf envelope; `dependencies.json` says what needs what.
"""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, NamedTuple

from apps.backends.kinds import BY_NAME, Kind
from cli.project.discovery import DiscoveredResource, Discovery, ManifestSource, discovery_of
from cli.project.errors import BadManifest, NoResources

if TYPE_CHECKING:
    from pathlib import Path

# What a program can declare, by the prefix of its files: how the command line calls the kind.
DECLARED = ("Skill", "Environment", "McpServer", "Agent", "AgentInstance", "Workflow", "WorkflowInstance")
DEPLOYABLE: dict[str, Kind] = {BY_NAME[name].singular: BY_NAME[name] for name in DECLARED}
# Others are imported as they are met.
IN_MOST = ("Agent", "Workflow")

DEPENDENCIES = "dependencies.json"
NAME = re.compile(r"(?P<prefix>[a-z_-]+)-(?P<index>[0-9]{1,9})\.pb")
# The wire takes no larger message.
MAX_BYTES = 10 * 1024 * 1024


class ManifestFile(NamedTuple):
    """A file of the directory whose name says that it is a manifest."""

    prefix: str
    number: int
    path: Path


def preload() -> None:
    """Imports the generated modules that `read_manifests` will mostly need: work for while the entry point runs."""
    for name in IN_MOST:
        BY_NAME[name].message_class()


def read_manifests(out_dir: Path, *, org: str = "local") -> Discovery:
    """Everything in `out_dir`, in the order in which to apply it, placed in `org`.

    Raises BadManifest, NoResources, DuplicateSlug or DependencyCycle.
    """
    files, warnings = _manifest_files(out_dir)
    resources = [_read(file) for file in files]
    if not resources:
        raise NoResources(
            "the entry point ended well but declared no resource to deploy",
            hint="Create at least one agent or workflow in it, with the Stigmer SDK; "
            "to delete what the project has deployed: `stigmer destroy`",
            passed_over=warnings,
        )
    return discovery_of(resources, org=org, dependencies=_dependencies(out_dir / DEPENDENCIES), warnings=warnings)


def _manifest_files(out_dir: Path) -> tuple[list[ManifestFile], list[str]]:
    """The manifests by prefix and number, and a warning for each file that is passed over."""
    files: dict[tuple[str, int], ManifestFile] = {}
    warnings: list[str] = []
    for path in sorted(out_dir.iterdir()):
        if path.name == DEPENDENCIES or path.name.startswith("."):
            continue
        if path.suffix != ".pb":
            warnings.append(f"{path.name} in STIGMER_OUT_DIR is not a manifest and was passed over")
            continue
        file = _manifest_file(path)
        if (first := files.setdefault((file.prefix, file.number), file)) is not file:
            raise BadManifest(path.name, f"has the same number as {first.path.name}", hint="Number them 0, 1, 2, ...")
    return [files[key] for key in sorted(files)], warnings


def _manifest_file(path: Path) -> ManifestFile:
    found = NAME.fullmatch(path.name)
    if found is None or found["prefix"] not in DEPLOYABLE:
        names = ", ".join(f"{prefix}-<i>.pb" for prefix in DEPLOYABLE)
        raise BadManifest(path.name, f"has a name that stands for no kind; known are {names}")
    return ManifestFile(found["prefix"], int(found["index"]), path)


def _bytes(path: Path) -> bytes:
    """The content. A named pipe or a device would keep us waiting, so only plain files are opened."""
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode):
            raise BadManifest(path.name, "is not a plain file")
        if facts.st_size > MAX_BYTES:
            raise BadManifest(
                path.name,
                f"has {facts.st_size:,} bytes; the limit is {MAX_BYTES:,} (10 MiB)",
                hint="Split the resource, or move large texts out of it",
            )
        return path.read_bytes()
    except OSError as error:
        raise BadManifest(path.name, f"cannot be read: {(error.strerror or str(error)).lower()}") from None


def _read(file: ManifestFile) -> DiscoveredResource:
    from google.protobuf.message import DecodeError  # protobuf loads while the entry point runs

    kind = DEPLOYABLE[file.prefix]
    name = file.path.name
    data = _bytes(file.path)
    if not data:
        raise BadManifest(name, "is empty")
    message_class = kind.message_class()
    try:
        message = message_class.FromString(data)
    except DecodeError:
        raise BadManifest(name, f"is damaged: its {len(data):,} bytes cannot be read as {kind.message_name}") from None
    if message.kind != kind.name:
        holds = f"holds kind {message.kind!r}" if message.kind else "does not say its kind"
        raise BadManifest(name, f"{holds}; a file of this name must hold {kind.name!r}")
    return DiscoveredResource(kind.name, message, ManifestSource(name, file.number))


def _dependencies(path: Path) -> dict[str, list[str]]:
    """What needs what, by `<noun>:<slug>`. No file: nothing needs anything."""
    if not path.exists():
        return {}
    import json  # optional file

    try:
        found = json.loads(_bytes(path))
    except json.JSONDecodeError as error:
        raise BadManifest(path.name, f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError):
        raise BadManifest(path.name, "is not JSON text") from None
    if not isinstance(found, dict):
        raise BadManifest(path.name, "must be an object of lists")
    for key, needs in found.items():
        if not (isinstance(needs, list) and all(isinstance(need, str) for need in needs)):
            raise BadManifest(path.name, f'must hold a list of texts like "agent:<slug>" under {key!r}')
    return found
