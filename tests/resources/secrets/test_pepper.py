"""What API keys are hashed with: made once, private, and the same for every process ever after."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apps.resources.errors import KeyFileDamaged
from apps.resources.secrets.keyfile import KeyFile


def test_all_who_ask_for_the_first_time_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        peppers = set(pool.map(lambda _: KeyFile(tmp_path / "keys" / "secrets").pepper(), range(8)))
    (pepper,) = peppers
    assert len(pepper) >= 32
    assert stat.S_IMODE((tmp_path / "keys" / "pepper").stat().st_mode) == 0o600


def test_it_stays_when_the_keys_of_secrets_change(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "secrets")
    before, first = keys.pepper(), keys.read()[0]
    keys.add()
    keys.remove([first.id])
    assert KeyFile(tmp_path / "secrets").pepper() == keys.pepper() == before


def test_one_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pepper").write_text("short\n")
    with pytest.raises(KeyFileDamaged, match="pepper is damaged"):
        KeyFile(tmp_path / "secrets").pepper()
