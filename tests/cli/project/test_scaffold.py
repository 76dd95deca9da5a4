"""New projects: they deploy as they are generated, and never over something that is there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from cli.exits import Exit
from cli.project.errors import CannotCreate
from cli.project.project_file import Runtime, load_project
from cli.project.scaffold import TEMPLATES, create_project, template_names
from tests.cli.project.projects import complaint, discover

EVERY = [(str(runtime), template) for runtime in Runtime for template in template_names(str(runtime))]
# Those for Go are run in test_go_projects.
PYTHON = [template for runtime, template in EVERY if runtime == Runtime.PYTHON]
ODD_NAMES = ['Größe & Co: 3 "x" {{slug}}', "true", "1.0", "a b", "net", "1e5", "-x-"]


@pytest.mark.parametrize("template", PYTHON)
def test_a_new_project_deploys_as_it_is(tmp_path: Path, template: str) -> None:
    directory = tmp_path / "my-agent"
    create_project(directory, template=template)
    found = discover(directory)
    assert found.warnings == ()
    assert [(one.kind, one.slug) for one in found.resources] == [("Agent", "my-agent"), ("Workflow", "my-agent-hello")]
    agent, workflow = (one.message for one in found.resources)
    assert len(agent.spec.instructions) >= 10
    assert [task.task_config["agent"] for task in workflow.spec.tasks if "agent" in task.task_config] == ["my-agent"]
    assert "stigmer.ai/model" not in agent.metadata.annotations


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_survive(tmp_path: Path, name: str) -> None:
    create_project(tmp_path / name)
    assert load_project(tmp_path / name).name == name
    assert discover(tmp_path / name).counts() == {"agent": 1, "workflow": 1}


def test_no_placeholder_is_left(tmp_path: Path) -> None:
    for runtime, template in EVERY:
        files = create_project(tmp_path / runtime / template, name="demo", runtime=runtime, template=template)
        assert [file for file in files if "{{" in file.read_text()] == []


def test_the_files_are_those_of_the_template(tmp_path: Path) -> None:
    files = create_project(tmp_path / "demo")
    assert [file.relative_to(tmp_path / "demo").as_posix() for file in files] == [
        ".gitignore",
        ".stigmer/project.schema.json",
        "README.md",
        "Stigmer.yaml",
        "main.py",
    ]
    *_, project, _ = files
    line = project.read_text().partition("\n")[0]
    named = project.parent / line.removeprefix("# yaml-language-server: $schema=")
    jsonschema.Draft202012Validator(json.loads(named.read_text())).validate(yaml.safe_load(project.read_text()))


@pytest.mark.parametrize("runtime", list(Runtime))
def test_a_project_without_a_model_brings_its_answers_and_says_so(tmp_path: Path, runtime: Runtime) -> None:
    alone, asking = (
        create_project(tmp_path / name, name="demo", runtime=runtime, is_scripted=name == "alone")
        for name in ("alone", "asking")
    )
    names = [
        [file.relative_to(file.parents[len(file.parts) - len(tmp_path.parts) - 2]) for file in files]
        for files in (alone, asking)
    ]
    assert set(names[0]) - set(names[1]) == {Path("answers.yaml")}
    for name, is_scripted in (("alone", True), ("asking", False)):
        main = (tmp_path / name / f"main.{'go' if runtime == Runtime.GO else 'py'}").read_text()
        assert ("scripted:answers.yaml" in main) is is_scripted
        assert "{{" not in main + (tmp_path / name / "README.md").read_text()


def test_what_an_installer_compiled_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    cache = templates / "python" / "default" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "main.cpython-311.pyc").write_bytes(b"\xff")
    monkeypatch.setattr("cli.project.scaffold.TEMPLATES", templates)
    assert len(create_project(tmp_path / "demo")) == 5


def test_an_empty_directory_and_a_fresh_repository_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "demo" / ".git").mkdir(parents=True)
    create_project(tmp_path / "demo")
    assert (tmp_path / "demo" / "Stigmer.yaml").is_file()


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).touch()
    assert complaint(lambda: create_project(tmp_path), tmp_path, CannotCreate) == (
        "error: the directory DIR is not empty: it holds a.txt and 1 more\n\n"
        "hint: Name a directory that does not exist yet, or an empty one"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


BAD = {
    ("!!!", "python", "default"): (
        "error: the name '!!!' makes no slug: nothing of it is a letter a-z, a digit or a hyphen\n\n"
        "hint: Choose a name like `my-agent`"
    ),
    ("a\nb", "python", "default"): (
        "error: the name 'a\\nb' holds characters that cannot be printed\n\nhint: Choose a name like `my-agent`"
    ),
    ("a" * 64, "python", "default"): (
        f"error: the name '{'a' * 64}' is too long: its slug has 64 characters, a project's at most 57\n\n"
        "hint: Choose a shorter name"
    ),
    ("demo", "ruby", "default"): "error: unknown runtime 'ruby'\n\nhint: Use one of python, go",
    ("demo", "go", "fancy"): "error: there is no template 'fancy' for runtime go\n\nhint: Templates are default",
}


@pytest.mark.parametrize(("name", "runtime", "template"), BAD)
def test_a_wish_that_cannot_be_granted_leaves_nothing(tmp_path: Path, name: str, runtime: str, template: str) -> None:
    create = lambda: create_project(tmp_path / "new", name=name, runtime=runtime, template=template)  # noqa: E731
    assert complaint(create, tmp_path, CannotCreate) == BAD[name, runtime, template]
    assert list(tmp_path.iterdir()) == []


def test_misuse_has_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(CannotCreate) as caught:
        create_project(tmp_path / "new", name="!!!")
    assert caught.value.exit is Exit.MISUSE


def test_the_name_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").touch()
    said = complaint(lambda: create_project(tmp_path / "demo"), tmp_path, CannotCreate)
    assert said.startswith("error: DIR/demo is a file\n")


def test_a_project_half_written_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk: the last file cannot be written."""
    write_text = Path.write_text

    def until_main(self: Path, text: str, encoding: str) -> int:
        if self.name == "main.py":
            raise OSError(28, "No space left on device", str(self))
        return write_text(self, text, encoding)

    monkeypatch.setattr(Path, "write_text", until_main)
    said = complaint(lambda: create_project(tmp_path / "demo"), tmp_path, CannotCreate)
    assert said == "error: cannot write DIR/demo/main.py: no space left on device\n\nhint: Name another directory"
    assert list(tmp_path.iterdir()) == []
