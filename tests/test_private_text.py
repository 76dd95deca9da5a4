"""Texts that an installation keeps in files: made once, and nothing else is taken for one."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stigmer_site.private_text import PrivateTextDamaged, private_text


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "keys" / "word"
    text = private_text(path)
    assert (private_text(path), path.read_text(), len(text) > 60) == (text, text, True)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]
    assert [each.name for each in path.parent.iterdir()] == ["word"]


def test_one_that_an_editor_wrote_ends_its_line(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("mine\n")
    assert private_text(tmp_path / "word") == "mine"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "it is empty"),
        (b"\n", "it is empty"),
        (b"two words", "it must hold one word"),
        (b"one\ntwo\n", "it must hold one word"),
        (b"\x8b\xff\x00", "it holds no text"),
    ],
)
def test_damaged_ones_are_refused_and_left_as_they_are(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "a word"
    path.write_bytes(content)
    with pytest.raises(PrivateTextDamaged) as raised:
        private_text(path)
    assert raised.value.message == f"the file {path} is damaged: {complaint}"
    assert path.read_bytes() == content
    subprocess.run(shlex.split(raised.value.hint.split("`")[1]), check=True)
    assert private_text(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("/nowhere/at/all")
    for name in ("directory", "link"):
        with pytest.raises(PrivateTextDamaged, match="is damaged: it is a directory, or leads nowhere"):
            private_text(tmp_path / name)


@pytest.mark.parametrize("name", ["keys/api-token", "keys/django", "installation"])
def test_nothing_starts_with_an_empty_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True)
    path.touch()
    environ = {"STIGMER_HOME": str(tmp_path), "STIGMER_REQUIRE_TOKEN": "true", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "stigmer_site", "check"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: the file {path} is damaged: it is empty\n\nhint: ")
