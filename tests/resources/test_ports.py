"""Resources know nothing of the machine they are on: what they need of it stands behind a port."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOMS = Path(__file__).parents[2] / "apps" / "resources"
LOCAL_FORMS = {
    "storage/write_queue.py": "the local WriteTurn: locks of files",
    "secrets/keyfile.py": "the local KeyStore: a file, and a lock while it is changed",
    "storage/blobs.py": "the local BlobStore: files, each locked while it is written",
}
"""What stigmer_site/machine/local.py chooses from."""
OF_A_MACHINE = {
    "a PRAGMA of SQLite": r"\bPRAGMA\b",
    "a lock of a file": r"\bfcntl\b|\bflock\b",
    "a socket": r"^\s*(import|from) (socket|socketserver)\b",
    "the environment of the process": r"\bos\.environ\b|\bgetenv\b",
    "a setting": r"\bdjango\.conf\b|\bsettings_dict\b",
    "the run directory": r"(?i)\brun_dir\b",
}


@pytest.mark.parametrize("what", OF_A_MACHINE)
def test_nothing_of_a_machine_stands_among_the_resources(what: str) -> None:
    wanted = re.compile(OF_A_MACHINE[what], re.MULTILINE)
    files = {str(path.relative_to(ROOMS)): path.read_text() for path in ROOMS.rglob("*.py")}
    found = {name for name, text in files.items() if wanted.search(text)}
    assert found - LOCAL_FORMS.keys() == set(), f"{what} belongs behind a port: see apps/resources/ports.py"


def test_the_local_forms_are_where_they_are_said_to_be() -> None:
    assert all((ROOMS / name).is_file() for name in LOCAL_FORMS)
