"""Stigmer.yaml: found upwards, read strictly, and every complaint with file, line, column and a way out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.project.errors import BadProjectFile, BadProjectKeys, BrokenYaml, NoEntryFile, NoProjectFile, UnreadableFile
from cli.project.project_file import Runtime, load_project
from tests.cli.project.projects import PYTHON, complaint, make_project


def test_the_nearest_file_above_is_found(tmp_path: Path) -> None:
    make_project(tmp_path / "outer")
    inner = make_project(tmp_path / "outer" / "inner")
    deep = inner / "a" / "b"
    deep.mkdir(parents=True)
    assert load_project(deep).file == inner / "Stigmer.yaml"


def test_a_small_initial_is_accepted(tmp_path: Path) -> None:
    (make_project(tmp_path) / "Stigmer.yaml").rename(tmp_path / "stigmer.yaml")
    assert load_project(tmp_path).file == tmp_path / "stigmer.yaml"


@pytest.mark.parametrize("config", ["there", "there/Stigmer.yaml", "there/other.yaml"])
def test_a_named_file_or_directory_wins(tmp_path: Path, config: str) -> None:
    make_project(tmp_path)
    there = make_project(tmp_path / "there")
    (there / "other.yaml").write_text(PYTHON)
    assert load_project(tmp_path, tmp_path / config).directory == there


def test_defaults_fill_what_is_absent(tmp_path: Path) -> None:
    project = load_project(make_project(tmp_path))
    assert (project.name, project.runtime, project.main) == ("demo", Runtime.PYTHON, "main.py")
    assert project.entry_file == tmp_path / "main.py"
    assert (project.version, project.description, project.organization) == ("", "", "")


def test_every_key_is_read(tmp_path: Path) -> None:
    text = "name: demo\nruntime: go\nversion: 1.0\nmain: src/agents.go\ndescription: 'Größe: 3'\norganization: acme\n"
    project = load_project(make_project(tmp_path, file=f"{text}notify: false\n", entry="src/agents.go"))
    assert project.notifies is False
    assert load_project(make_project(tmp_path, file=text, entry="src/agents.go")).notifies is True
    assert project.runtime is Runtime.GO
    assert project.entry_file == tmp_path / "src" / "agents.go"
    assert (project.version, project.description, project.organization) == ("1.0", "Größe: 3", "acme")


def test_an_ordinary_file_is_read_without_a_yaml_parser(tmp_path: Path) -> None:
    make_project(
        tmp_path, file='# a comment\nname: my-agent\nruntime: python\nversion: 0.1.0\ndescription: "Two words"\n'
    )
    script = "import sys; from pathlib import Path; from cli.project.project_file import load_project; "
    script += "print(load_project(Path(sys.argv[1])).description); print('yaml' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines() == ["Two words", "False"]


ROOT = Path(__file__).resolve().parents[3]

BAD_FILES = {
    "name: demo\n": (
        "error: DIR/Stigmer.yaml:1:1: runtime: is missing\n\nhint: Add a line `runtime: python`",
        BadProjectFile,
    ),
    "": (
        (
            "error: DIR/Stigmer.yaml: refused, for 2 reasons\n"
            "  1:1: name: is missing. Add a line `name: my-agent`\n"
            "  1:1: runtime: is missing. Add a line `runtime: python`"
        ),
        BadProjectKeys,
    ),
    "zzz: 1\nname: [demo]\nrun_time: go\nmain: 3\n": (
        (
            "error: DIR/Stigmer.yaml: refused, for 4 reasons\n"
            "  1:1: zzz: unknown key. Known keys are name, runtime, version, main, description, organization, notify\n"
            "  2:7: name: must be text, found a list. Write it like `name: my-agent`, in quotes if need be\n"
            "  3:1: run_time: unknown key. Did you mean `runtime`?\n"
            "  4:7: main: must be text, found the number 3. Write it like `main: main.py`, in quotes if need be"
        ),
        BadProjectKeys,
    ),
    "runtime: python\nname: ''\n": (
        "error: DIR/Stigmer.yaml:2:1: name: is empty\n\nhint: Add a line `name: my-agent`",
        BadProjectFile,
    ),
    "name: demo\nruntime: ruby\n": (
        (
            "error: DIR/Stigmer.yaml:2:10: runtime: 'ruby' is not supported\n\n"
            "hint: Use `runtime: python` or `runtime: go`"
        ),
        BadProjectFile,
    ),
    "name: demo\nrun_time: go\n": (
        "error: DIR/Stigmer.yaml:2:1: run_time: unknown key\n\nhint: Did you mean `runtime`?",
        BadProjectFile,
    ),
    "name: demo\nruntime: go\nzzz: 1\n": (
        (
            "error: DIR/Stigmer.yaml:3:1: zzz: unknown key\n\n"
            "hint: Known keys are name, runtime, version, main, description, organization, notify"
        ),
        BadProjectFile,
    ),
    "name: [demo]\nruntime: go\n": (
        (
            "error: DIR/Stigmer.yaml:1:7: name: must be text, found a list\n\n"
            "hint: Write it like `name: my-agent`, in quotes if need be"
        ),
        BadProjectFile,
    ),
    "name: demo\nruntime: go\nnotify: 'false'\n": (
        (
            "error: DIR/Stigmer.yaml:3:9: notify: must be true or false, found the text false\n\n"
            "hint: Write it like `notify: false`"
        ),
        BadProjectFile,
    ),
    "name: true\nruntime: go\n": (
        (
            "error: DIR/Stigmer.yaml:1:7: name: must be text, found the truth value true\n\n"
            "hint: Write it like `name: my-agent`, in quotes if need be"
        ),
        BadProjectFile,
    ),
    "name: demo\n  runtime: go\n": (
        (
            "error: DIR/Stigmer.yaml:2:10: this is not YAML: mapping values are not allowed in this context\n\n"
            "hint: Correct line 2 of DIR/Stigmer.yaml"
        ),
        BrokenYaml,
    ),
    "name: demo\nruntime:\n\tgo\n": (
        "error: DIR/Stigmer.yaml:3:1: a tab stands where spaces are needed\n\nhint: Indent YAML with spaces only",
        BrokenYaml,
    ),
    "name: demo\nname: other\nruntime: go\n": (
        (
            "error: DIR/Stigmer.yaml:2:1: the key 'name' stands here a second time, first in line 1\n\n"
            "hint: Correct line 2 of DIR/Stigmer.yaml"
        ),
        BrokenYaml,
    ),
    "- demo\n": (
        (
            "error: DIR/Stigmer.yaml:1:1: a project file is a list of `key: value` lines\n\n"
            "hint: A smallest project file: `name: my-agent` and, on a line of its own, `runtime: python`"
        ),
        BrokenYaml,
    ),
    "name: demo\nruntime: go\n---\nname: two\n": (
        "error: DIR/Stigmer.yaml:4:1: a project file holds one document\n\nhint: Delete the second one",
        BrokenYaml,
    ),
    "name: demo\nruntime: python\nmain: agents.py\n": (
        (
            "error: DIR/Stigmer.yaml:3: main: DIR/agents.py does not exist\n\n"
            "hint: Create that file, or name another one with `main:` in Stigmer.yaml"
        ),
        NoEntryFile,
    ),
    "name: demo\nruntime: go\n": (
        (
            "error: DIR/Stigmer.yaml: main: DIR/main.go does not exist\n\n"
            "hint: Create that file, or name another one with `main:` in Stigmer.yaml"
        ),
        NoEntryFile,
    ),
}


@pytest.mark.parametrize("text", BAD_FILES)
def test_a_bad_file_is_refused_with_place_and_way_out(tmp_path: Path, text: str) -> None:
    expected, kind = BAD_FILES[text]
    make_project(tmp_path, file=text)
    assert complaint(lambda: load_project(tmp_path), tmp_path, kind) == expected


def test_without_a_file_the_ways_to_get_one_are_named(tmp_path: Path) -> None:
    assert complaint(lambda: load_project(tmp_path), tmp_path, NoProjectFile) == (
        "error: no Stigmer.yaml in DIR or in any directory above it\n\n"
        "hint: Create a project with `stigmer new NAME`, point to one with `stigmer apply -C DIR`, "
        "or apply resource files with `stigmer apply -f FILE`"
    )


@pytest.mark.parametrize("name", ["stigmer.yaml", "Stigmer.yml", "stigmer.yml"])
def test_other_usual_names_are_read(tmp_path: Path, name: str) -> None:
    make_project(tmp_path)
    (tmp_path / "Stigmer.yaml").rename(tmp_path / name)
    assert load_project(tmp_path).file == tmp_path / name


def test_a_file_that_is_nearly_called_so_is_named(tmp_path: Path) -> None:
    (tmp_path / "STIGMER.yaml").write_text(PYTHON)
    assert complaint(lambda: load_project(tmp_path), tmp_path, NoProjectFile) == (
        "error: no Stigmer.yaml in DIR or in any directory above it; "
        "there is a STIGMER.yaml, which has to be called Stigmer.yaml\n\n"
        "hint: Rename it: `mv DIR/STIGMER.yaml DIR/Stigmer.yaml`"
    )


def test_a_named_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = complaint(lambda: load_project(tmp_path, tmp_path / "x.yaml"), tmp_path, UnreadableFile)
    assert said.startswith("error: cannot read DIR/x.yaml: there is no such file")


def test_a_named_directory_without_a_file_is_named(tmp_path: Path) -> None:
    said = complaint(lambda: load_project(tmp_path, tmp_path), tmp_path, UnreadableFile)
    assert said.startswith("error: cannot read DIR: the directory holds no Stigmer.yaml")


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    make_project(tmp_path, file=PYTHON + "#" * 2_000_000)
    said = complaint(lambda: load_project(tmp_path), tmp_path, UnreadableFile)
    assert said.startswith("error: cannot read DIR/Stigmer.yaml: it is larger than 1 MiB")


def test_an_entry_that_is_a_directory_is_named(tmp_path: Path) -> None:
    make_project(tmp_path, file=PYTHON + "main: src\n", entry="src/main.py")
    assert "DIR/src is not a file" in complaint(lambda: load_project(tmp_path), tmp_path, NoEntryFile)
