"""Whole runs of the command line, compared with files in tests/cli/golden/.

`UPDATE_GOLDEN=1 pytest tests/cli` writes them anew: read the difference before you commit it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.daemon import Done, Installation

FOLDER = Path(__file__).parents[1] / "cli" / "golden"


def transcript(command: str, done: Done, installation: Installation, **masks: str) -> str:
    """One run as text: command, exit code, both streams, with ids, addresses and paths masked."""
    text = f"$ {command}\n[exit code {done.code}]\n[stdout]\n{done.stdout}[stderr]\n{done.stderr}"
    return masked(text, installation, **masks)


def masked(text: str, installation: Installation, **masks: str) -> str:
    """`text` without what changes from run to run. `masks` is word -> text to replace."""
    for word, found in masks.items():
        text = text.replace(found, f"<{word}>")
    text = text.replace(str(installation.home), "<home>")
    text = text.replace(installation.endpoint, "localhost:<port>").replace(installation.web, "127.0.0.1:<web port>")
    text = re.sub(r"\b([a-z]{3})-[0-9a-hjkmnp-tv-z]{26}\b", r"\1-<id>", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3}Z|[+-]\d\d:\d\d)?", "<moment>", text)
    text = re.sub(r"\b\d+(\.\d)? m?s\b", "<time>", text)
    # What is over within the same millisecond took no time that is told.
    return re.sub(r"(: (?:completed|failed))(?: in <time>)?", r"\1 [in <time>]", text)


def check_golden(name: str, text: str) -> None:
    """Fail unless `text` is what the golden file says."""
    file = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"{file} says otherwise; UPDATE_GOLDEN=1 writes it anew"
