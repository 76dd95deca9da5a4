"""A copy of a data directory is an installation of its own, whatever else of the first one it still has.

The id of an installation (`stigmer_site.private_text` makes it) says whose the runs at a Temporal are. Beside it stands
where it was used last: where that is another directory with the same id, ours is the copy. One that was moved or put
back from a backup keeps the id.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from apps.processes.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable


def settle_installation(root: str, journal: Callable[[str], None]) -> None:
    """Before anything of the data directory `root` runs: have a copy get another id. Raises OSError."""
    installation, noted = os.path.join(root, "installation"), os.path.join(root, "installation.place")
    here = os.fsencode(os.path.realpath(root))
    before = _content(noted)
    if before == here:
        return
    if before and _is_used(os.fsdecode(before), root):
        journal(f"this data directory is a copy of {os.fsdecode(before)}: it gets an id of its own")
        os.unlink(installation)
    replace_file(noted, here)


def _is_used(other: str, root: str) -> bool:
    """Whether `other` is another directory, with the id of `root`."""
    try:
        is_another = not os.path.samefile(other, root)
    except OSError:
        return False
    ours = _content(os.path.join(root, "installation"))
    return is_another and bool(ours) and _content(os.path.join(other, "installation")) == ours


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
