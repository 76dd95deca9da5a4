"""Writing what a program made to the directory where `stigmer apply` looks for it."""

import json
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from stigmer.program import Program, current
from stigmer.version import __version__

if TYPE_CHECKING:
    from google.protobuf.message import Message

OUT_DIR: Final = "STIGMER_OUT_DIR"
DEPENDENCIES: Final = "dependencies.json"


def synthesize(out_dir: str | os.PathLike[str] | None = None, program: Program | None = None) -> list[str]:
    """Write everything made so far: `agent-<i>.pb`, `workflow-<i>.pb`, ... and `dependencies.json`.

    The directory is the one given or that of the environment variable STIGMER_OUT_DIR; with neither, nothing is
    written. Returns the paths. Called by itself when the program ends well, so that programs rarely need it.
    Raises `DefinitionError` when a workflow is not complete; then nothing is written.
    """
    directory = out_dir or os.environ.get(OUT_DIR)
    found = current() if program is None else program
    for workflow in found.workflows:
        workflow.check()
    if not directory:
        return []
    return [_write(os.fspath(directory), name, content) for name, content in _files(found).items()]


def dependencies(program: Program) -> dict[str, list[str]]:
    """What of the program each resource needs to exist before it: `workflow:<slug>` -> `agent:<slug>`..."""
    own = {f"{each.noun}:{each.slug}": each for each in program}
    found = {key: [needed for needed in each.dependencies() if needed in own] for key, each in own.items()}
    return {key: needed for key, needed in found.items() if needed}


def stamp(now: float) -> Mapping[str, str]:
    """The annotations that say what made a resource, and when (unix seconds)."""
    return {
        "stigmer.ai/sdk.language": "python",
        "stigmer.ai/sdk.version": __version__,
        "stigmer.ai/sdk.generated-at": str(int(now)),
    }


def _files(program: Program) -> dict[str, bytes]:
    made_by = stamp(time.time())
    files: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    for each in program:
        number = counts.setdefault(each.noun, 0)
        files[f"{each.noun}-{number}.pb"] = _bytes(each.to_message(made_by))
        counts[each.noun] += 1
    files[DEPENDENCIES] = json.dumps(dependencies(program), indent=2).encode()
    return files


def _bytes(message: "Message") -> bytes:
    return message.SerializeToString(deterministic=True)


def _write(directory: str, name: str, content: bytes) -> str:
    """The file appears whole or not at all."""
    path = os.path.join(directory, name)  # noqa: PTH118 - pathlib costs 5 ms at import
    part = f"{path}.part"
    with open(part, "wb") as file:  # noqa: PTH123
        file.write(content)
    os.replace(part, path)  # noqa: PTH105
    return path
