"""Files that are replaced whole: whoever reads meanwhile, or after a crash, finds the former or the new one.

Strings, not pathlib: this is on the way of commands.
"""

from __future__ import annotations

import os


def replace_file(path: str, content: bytes, *, beside: str = ".new") -> None:
    """Put a 0600 file with this content at `path`. Raises OSError; what was there before stays then.

    It is written under the name with `beside` at its end: one of its own for each of several writers at once.
    """
    descriptor = os.open(path + beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
    os.replace(path + beside, path)


def sync_directory(path: str | os.PathLike[str]) -> None:
    """Have the names in a directory survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
