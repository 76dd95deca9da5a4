"""Agents whose answers stand in a file of the project: the server, which runs elsewhere, is told where that is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from apps.shared.annotations import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cli.project.discovery import DiscoveredResource

SCRIPTED = "scripted:"
KINDS = ("Agent", "AgentInstance")


def locate_scripts(
    found: Iterable[DiscoveredResource], directory_of: Callable[[DiscoveredResource], Path]
) -> list[str]:
    """Makes the file of `scripted:FILE` absolute wherever a model is named so; a warning for each that is not there."""
    warnings = []
    for resource in found:
        annotations = resource.message.metadata.annotations
        if resource.kind not in KINDS or not annotations.get(MODEL, "").startswith(SCRIPTED):
            continue
        named = os.path.expanduser(annotations[MODEL].removeprefix(SCRIPTED))  # noqa: PTH111 - may have no home
        file = Path(os.path.normpath(directory_of(resource) / named))
        annotations[MODEL] = f"{SCRIPTED}{file}"
        if not file.is_file():
            warnings.append(f"{resource.noun} {resource.name!r}: there is no file {file} for its model to answer from")
    return warnings
