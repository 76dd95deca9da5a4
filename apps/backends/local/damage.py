"""The alarm of a damaged database: a note in the data directory, which stops writes and is told to people.

The note is of one file: once another one is in its place, there is no alarm any more.
"""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from apps.processes.files import replace_file


class Damage(NamedTuple):
    """What to say of it, and what to do."""

    sentence: str
    hint: str


def note(path: str, database: str, found: Damage) -> None:
    """Raise the alarm. Raises OSError where the note cannot be kept."""
    content = json.dumps({"database": database, "file": os.stat(database).st_ino, **found._asdict()}).encode()
    replace_file(path, content, beside=f".{os.getpid()}")


def noted(path: str) -> Damage | None:
    """The alarm that the note at `path` raises; None for none."""
    try:
        with open(path, encoding="utf-8") as file:
            fields = json.load(file)
        if os.stat(fields["database"]).st_ino != fields["file"]:
            return None
        return Damage(fields["sentence"], fields["hint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
