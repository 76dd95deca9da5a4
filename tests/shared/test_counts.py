"""Numbers of things in sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apps.shared.counts import counted

ROOT = Path(__file__).parents[2]
BY_HAND = re.compile(r"""['"]e?s['"] if |else ['"]e?s['"]""")
"""`'s' if count > 1 else ''`."""


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1234, "1,234 entries")]
)
def test_one_is_one(number: int, words: str) -> None:
    assert counted(number, "entry", "entries") == words


def test_nobody_makes_plurals_by_hand() -> None:
    files = [file for folder in ("apps", "cli", "sdk", "stigmer_site") for file in (ROOT / folder).rglob("*.py")]
    assert [str(file) for file in files if BY_HAND.search(file.read_text(encoding="utf-8"))] == []
