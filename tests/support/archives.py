"""Zip archives, good ones and such as nobody should send.

archive({"SKILL.md": "# Hello"})  # its bytes
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

SKILL_MD = "---\nname: greeting\ndescription: Greets people.\n---\nSay hello.\n"
Content = str | bytes


def archive(files: Mapping[str, Content] | None = None, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files; of a good SKILL.md alone, without any."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as target:
        for name, content in ({"SKILL.md": SKILL_MD} if files is None else files).items():
            target.writestr(entry(name, method=method), content)
    return made.getvalue()


def with_skill(*entries: tuple[zipfile.ZipInfo | str, Content]) -> bytes:
    """An archive with a good SKILL.md and these entries, whatever they are called."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr(entry("SKILL.md"), SKILL_MD)
        for info, content in entries:
            target.writestr(entry(info) if isinstance(info, str) else info, content)
    return made.getvalue()


def entry(name: str, *, mode: int = 0o100644, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """Always of the same time, so that the same files make the same archive."""
    info = zipfile.ZipInfo(name)
    info.filename = name  # zipfile makes separators of the machine's, and ends names at a NUL
    info.external_attr = mode << 16
    info.compress_type = method
    return info
