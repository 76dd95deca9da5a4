"""Projects in Go, run by a real toolchain and without a network."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, TypeVar

import pytest
from stigmer_proto.agentic.agent.v1.api_pb2 import Agent
from stigmer_proto.agentic.workflow.v1.api_pb2 import Workflow

from cli.project.errors import EntryPointFailed, EntryPointTimedOut, NoResources
from cli.project.project_file import Runtime, load_project
from cli.project.scaffold import TEMPLATES, create_project, template_names
from tests.cli.project.projects import GO, complaint, discover, make_project
from tests.cli.project.test_scaffold import ODD_NAMES

if TYPE_CHECKING:
    from pathlib import Path

GO_MAIN = """
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println("has a directory:", os.Getenv("STIGMER_OUT_DIR") != "")
	time.Sleep(%d * time.Second)
	os.Exit(%d)
}
"""
T = TypeVar("T", Agent, Workflow)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOTOOLCHAIN", "local")


def test_a_program_runs(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", GO_MAIN % (0, 0), file=GO, entry="main.go")
    output: list[str] = []
    with pytest.raises(NoResources):
        discover(directory, output=output)
    assert output == ["has a directory: true"]


def test_a_program_that_fails_is_told_of_once(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", GO_MAIN % (0, 3), file=GO, entry="main.go")
    output: list[str] = []
    assert complaint(lambda: discover(directory, output=output), tmp_path, EntryPointFailed) == (
        "error: main.go failed with exit code 1; what it printed stands above\n\n"
        "hint: Correct DIR/p/main.go and run `stigmer apply` again; nothing was deployed"
    )
    assert output == ["has a directory: true", "exit status 3"]


def test_a_program_that_does_not_compile_says_where(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", "package main\nfunc main() { x }\n", file=GO, entry="main.go")
    output: list[str] = []
    with pytest.raises(EntryPointFailed):
        discover(directory, output=output)
    assert "./main.go:2:15: undefined: x" in output


OTHER_FILE = 'package main\n\nimport "fmt"\n\nfunc declare() { fmt.Println("both files were compiled") }\n'


@pytest.mark.parametrize("main", ["", "main: main.go\n", "main: .\n", "main: ./cmd/x\n", "main: cmd/x/main.go\n"])
@pytest.mark.parametrize("module", [True, False], ids=["in a module", "without go.mod"])
def test_the_whole_package_of_the_entry_point_runs(tmp_path: Path, main: str, *, module: bool) -> None:
    folder = "cmd/x" if "cmd" in main else "."
    entry = "package main\nfunc main() { declare() }\n"
    directory = make_project(tmp_path / "p", entry, file=GO + main, entry=f"{folder}/main.go")
    (directory / folder / "declare.go").write_text(OTHER_FILE)
    (directory / folder / "declare_test.go").write_text("package main\nfunc declare() {}\n")
    (directory / folder / "tool.go").write_text("//go:build ignore\n\npackage main\nfunc declare() {}\n")
    if module:
        (directory / "go.mod").write_text("module example.org/p\n\ngo 1.21\n")
    output: list[str] = []
    with pytest.raises(NoResources):
        discover(directory, output=output)
    assert output == ["both files were compiled"]


def test_a_file_that_its_package_is_without_is_what_runs(tmp_path: Path) -> None:
    directory = make_project(
        tmp_path / "p", "package main\nfunc main() {}\n", file=f"{GO}main: tool.go\n", entry="main.go"
    )
    (directory / "go.mod").write_text("module example.org/p\n\ngo 1.21\n")
    (directory / "tool.go").write_text('//go:build ignore\n\npackage main\nfunc main() { println("the tool") }\n')
    output: list[str] = []
    with pytest.raises(NoResources):
        discover(directory, output=output)
    assert output == ["the tool"]


def test_a_program_that_hangs_is_stopped(tmp_path: Path) -> None:
    """`go run` starts it as a child of its own, which has to end too: it holds the output."""
    directory = make_project(tmp_path / "p", GO_MAIN % (600, 0), file=GO, entry="main.go")
    with pytest.raises(EntryPointTimedOut):
        discover(directory, time_limit_seconds=3.0)


@pytest.mark.parametrize("template", template_names(Runtime.GO))
def test_a_new_project_deploys_as_it_is(tmp_path: Path, template: str) -> None:
    create_project(tmp_path / "my-agent", runtime=Runtime.GO, template=template)
    found = discover(tmp_path / "my-agent")
    assert found.warnings == ()
    assert [(one.kind, one.slug) for one in found.resources] == [("Agent", "my-agent"), ("Workflow", "my-agent-hello")]


def test_it_declares_what_a_new_python_project_declares(tmp_path: Path) -> None:
    declared = []
    for runtime in Runtime:
        create_project(tmp_path / runtime / "demo", runtime=runtime)
        agent, workflow = (resource.data for resource in discover(tmp_path / runtime / "demo").resources)
        declared.append((unannotated(Agent.FromString(agent)), unannotated(Workflow.FromString(workflow))))
    assert declared[0] == declared[1]


def unannotated(message: T) -> T:
    """Without the name of the SDK and the time."""
    message.metadata.annotations.clear()
    return message


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_survive(tmp_path: Path, name: str) -> None:
    create_project(tmp_path / name, runtime=Runtime.GO)
    assert load_project(tmp_path / name).name == name
    assert discover(tmp_path / name).counts() == {"agent": 1, "workflow": 1}


def test_new_projects_are_formatted_and_pass_vet(tmp_path: Path) -> None:
    for template in template_names(Runtime.GO):
        create_project(tmp_path / template, name="demo", runtime=Runtime.GO, template=template, is_scripted=True)
        subprocess.run(["go", "vet", "./..."], cwd=tmp_path / template, check=True, timeout=120)
        done = subprocess.run(["gofmt", "-l", "."], cwd=tmp_path / template, capture_output=True, text=True, check=True)
        assert (template, done.stdout) == (template, "")


def test_the_files_are_those_of_the_template(tmp_path: Path) -> None:
    files = create_project(tmp_path / "demo", runtime=Runtime.GO, is_scripted=True)
    source = TEMPLATES / "go" / "default"
    assert len(files) == 1 + len([path for path in source.rglob("*") if path.is_file()]), (
        "and the schema of Stigmer.yaml"
    )
