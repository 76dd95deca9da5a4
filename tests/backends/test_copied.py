"""A data directory that was copied is another installation; one that was moved or put back is the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from apps.backends.local.copied import settle_installation
from tests.backends.kit.place import Place


@pytest.fixture
def first(tmp_path: Path) -> Path:
    root = tmp_path / "first"
    root.mkdir()
    (root / "installation").write_text("abc\n")
    return root


def settled(root: Path) -> tuple[bool, list[str]]:
    """Whether it has kept its id, and what was said."""
    said: list[str] = []
    settle_installation(str(root), said.append)
    settle_installation(str(root), said.append)
    return (root / "installation").exists(), said


def test_a_copy_gets_an_id_of_its_own(first: Path, tmp_path: Path) -> None:
    assert settled(first) == (True, [])
    copy = shutil.copytree(first, tmp_path / "copy")
    assert settled(copy) == (False, [f"this data directory is a copy of {first}: it gets an id of its own"])
    assert settled(first) == (True, [])
    (copy / "installation").write_text("def")
    assert settled(copy) == (True, [])


def test_one_that_was_moved_keeps_its_id(first: Path, tmp_path: Path) -> None:
    settled(first)
    assert settled(first.rename(tmp_path / "moved")) == (True, [])


def test_one_that_was_put_back_from_a_backup_keeps_its_id(first: Path, tmp_path: Path) -> None:
    settled(first)
    backup = shutil.copytree(first, tmp_path / "backup")
    shutil.rmtree(first)
    assert settled(shutil.copytree(backup, first)) == (True, [])


def test_another_name_for_it_is_no_copy(first: Path, tmp_path: Path) -> None:
    settled(first)
    link = tmp_path / "link"
    link.symlink_to(first)
    assert settled(link) == (True, [])


def test_a_copy_of_a_directory_in_use_leaves_its_daemon_alone(place: Place, tmp_path: Path) -> None:
    first = place.start()
    units = [component.pid for component in place.state.components if component.pid]
    (Path(place.settings.data_dir) / "installation").write_text("abc")
    shutil.copytree(place.settings.data_dir, tmp_path / "copy" / "data")
    copy = Place(tmp_path / "copy")
    try:
        assert copy.start().pid != first.pid
        assert not (tmp_path / "copy" / "data" / "installation").exists()
    finally:
        copy.end()
    assert place.start().pid == first.pid
    assert units
    assert all(map(psutil.pid_exists, units))
