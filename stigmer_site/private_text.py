"""Texts of an installation that are made at random once, and kept in files of their own."""

from __future__ import annotations

import os
import re
import secrets
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Final

from apps.backends.errors import BackendError

_WORD: Final = re.compile(r"[!-~]+")


class PrivateTextDamaged(BackendError):
    """Nothing may go on with such a text: an empty one lets everybody in, or is that of others, too."""

    reason = "stigmer.local.private_text_damaged"

    def __init__(self, path: Path, complaint: str) -> None:
        away = shlex.join(["mv", str(path), f"{path}.damaged"])
        super().__init__(
            f"the file {path} is damaged: {complaint}",
            hint=f"Restore it from a backup, or move it away to have it made anew: `{away}`",
        )


def private_text(path: Path, random_bytes: int = 50) -> str:
    """What a 0600 file says that is made, with so many random bytes in base64, when it is missing.

    Raises PrivateTextDamaged for anything but one word of ASCII, and OSError.
    """
    if not path.exists() and not path.is_symlink():
        _make(path, secrets.token_urlsafe(random_bytes))
    try:
        text = path.read_text(encoding="ascii").removesuffix("\n")
    except UnicodeDecodeError:
        raise PrivateTextDamaged(path, "it holds no text") from None
    except (FileNotFoundError, IsADirectoryError) as error:
        raise PrivateTextDamaged(path, "it is a directory, or leads nowhere") from error
    if not _WORD.fullmatch(text):
        raise PrivateTextDamaged(path, "it must hold one word" if text else "it is empty")
    return text


def _make(path: Path, text: str) -> None:
    for folder in (path.parent.parent, path.parent):  # one by one: parents would get the default mode
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        fresh.touch(mode=0o600, exist_ok=False)
        with fresh.open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # a name whose text a loss of power took away would be an empty file
        with suppress(FileExistsError):
            path.hardlink_to(fresh)  # atomic, and the first of two starters wins
    finally:
        fresh.unlink(missing_ok=True)
