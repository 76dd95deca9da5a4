"""The pages of the docs that are made of the program, and those that have to keep up with it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
TROUBLE = ROOT / "docs" / "reference" / "troubleshooting.md"
# What a run or a task is told, not the caller of an RPC or a command, begins otherwise.
REASON = re.compile(r'^ +reason\b.* = "(stigmer\.[a-z_.]+)"|\breason="(stigmer\.cli\.[a-z_.]+)"', re.MULTILINE)


def reasons() -> set[str]:
    """Every reason that code of ours gives a class of errors, or one of the command line."""
    files = [file for folder in ("apps", "cli", "sdk", "stigmer_site") for file in (ROOT / folder).rglob("*.py")]
    found = [match for file in files for match in REASON.findall(file.read_text(encoding="utf-8"))]
    return {of_class or of_command for of_class, of_command in found}


def test_every_reason_has_one_entry() -> None:
    entries = re.findall(r"^\| `(stigmer\.[a-z_.]+)` \|", TROUBLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(entries) == sorted(reasons())


def test_the_pages_that_are_made_are_what_the_program_gives() -> None:
    made = subprocess.run(
        [sys.executable, "scripts/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout


def test_every_page_is_in_the_navigation() -> None:
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {"architecture.md"} | {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert set(re.findall(r": ([a-z/]+\.md)$", config, re.MULTILINE)) == pages
