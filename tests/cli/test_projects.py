"""What a project owns, as the command line shows and changes it: a child process against a real daemon."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.suites.client import unique
from tests.support.golden import check_golden, transcript
from tests.support.manifests import write_agent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Done, Installation


def declare(directory: Path, project: str, *agents: str) -> Path:
    """A Python project with these agents."""
    directory.mkdir(exist_ok=True)
    (directory / "Stigmer.yaml").write_text(f"name: {project}\nruntime: python\n")
    lines = [f"Agent(name={name!r}, instructions='Answer in one plain sentence.')" for name in agents]
    (directory / "main.py").write_text("\n".join(["from stigmer import Agent", *lines, ""]))
    return directory


@pytest.fixture
def names() -> list[str]:
    return [unique("owned-by-cli") for _ in range(3)]


@pytest.fixture
def project(installation: Installation, tmp_path: Path, names: list[str]) -> Path:
    """A deployed project with three agents that declares the first alone by now."""
    directory = declare(tmp_path / "shop", f"shop of {names[0]}", *names)
    assert installation.run("apply", cwd=directory).code == 0
    return declare(directory, f"shop of {names[0]}", names[0])


def test_what_is_no_longer_declared_is_told_and_stays(
    installation: Installation, project: Path, names: list[str]
) -> None:
    masks = dict(zip(("first", "second", "third"), names, strict=True))
    preview = installation.run("preview", cwd=project)
    check_golden("no_longer_declared_preview", transcript("stigmer preview", preview, installation, **masks))
    done = installation.run("apply", cwd=project)
    check_golden("no_longer_declared_apply", transcript("stigmer apply", done, installation, **masks))
    assert all(installation.run("get", "agent", name).code == 0 for name in names)


def test_pruning_asks_for_a_yes_and_names_it_where_it_cannot_ask(
    installation: Installation, project: Path, names: list[str]
) -> None:
    refused = installation.run("apply", "--prune", cwd=project)
    assert refused.code == 2
    assert refused.stderr.endswith("\n\nhint: stigmer apply --prune --yes\n")
    assert "2 resources would be pruned" in refused.stderr
    assert installation.run("get", "agent", names[1]).code == 0
    done = installation.run("apply", "--prune", "--yes", cwd=project)
    assert (done.code, done.stdout.count("✓ Deleted")) == (0, 2)
    assert done.stdout.endswith("1 unchanged\n")
    assert installation.run("get", "agent", names[1]).code == 4
    again = installation.run("apply", "--prune", cwd=project)
    assert (again.code, again.stdout) == (0, "Deployment successful!\n\n1 unchanged\n")


def test_pruning_is_asked_for_on_a_terminal(installation: Installation, project: Path, names: list[str]) -> None:
    ask = {"typed": "n\n", "after": "to delete: "}
    code, screen = installation.run_on_terminal("apply", "--prune", cwd=project, **ask)  # type: ignore[arg-type]  # as it takes them
    assert code == 8
    assert "Delete 2 resources with what belongs to them? Type y to delete:" in screen
    assert names[1] in screen
    assert installation.run("get", "agent", names[1]).code == 0
    code, screen = installation.run_on_terminal("apply", "--prune", cwd=project, typed="y\n", after="to delete: ")
    assert (code, screen.count("✓ Deleted")) == (0, 2)


def test_a_dry_run_of_a_prune_says_what_would_be_deleted(
    installation: Installation, project: Path, names: list[str]
) -> None:
    done = installation.run("apply", "--prune", "--dry-run", cwd=project)
    assert (done.code, done.stdout.count("  Delete\n")) == (0, 2)
    assert "stigmer apply --prune   deploy these changes" in done.stderr
    assert installation.run("get", "agent", names[1]).code == 0


def test_programs_are_told_everything(installation: Installation, project: Path, names: list[str]) -> None:
    found = installation.run("apply", "-o", "json", cwd=project).json()
    assert found["project"] == f"shop of {names[0]}"
    assert [each["slug"] for each in found["unchanged"]] == [names[0]]
    assert {each["slug"] for each in found["no_longer_declared"]} == {*names[1:]}
    for each in found["no_longer_declared"]:
        assert (each["changes"], each["warnings"]) == ([], [])
        assert each["id"].startswith("agt-")
        assert each["belongings"] == {"AgentInstance": 1}
    found = installation.run("apply", "-o", "json", "--prune", "--yes", cwd=project).json()
    assert {each["slug"] for each in found["deleted"]} == {*names[1:]}
    assert (found["no_longer_declared"], found["summary"]["deleted"]) == ([], 2)


def test_what_belongs_to_another_project_is_refused_until_it_is_taken_over(
    installation: Installation, project: Path, tmp_path: Path, names: list[str]
) -> None:
    new = unique("owned-by-cli")
    other = declare(tmp_path / "other shop", f"other of {names[0]}", new, names[1])
    refused = installation.run("apply", "-C", str(other))
    assert refused.code == 5
    assert f"error: agent '{names[1]}' belongs to project 'shop of {names[0]}'\n" in refused.stderr
    command = f"stigmer apply -C '{other}' --take-over"
    assert f"hint: Move it to project 'other of {names[0]}' with `{command}`\n" in refused.stderr
    assert installation.run("get", "agent", new).code == 4
    assert installation.run("apply", "-C", str(other), "--take-over").code == 0
    assert set(owned(installation, f"other of {names[0]}")) == {f"agent/{new}", f"agent/{names[1]}"}
    left = installation.run("apply", "-o", "json", cwd=project).json()["no_longer_declared"]
    assert [each["slug"] for each in left] == [names[2]]


def owned(installation: Installation, project: str) -> list[str]:
    return installation.run("get", "project", project, "-o", "name").stdout.split()


def test_files_are_added_to_a_project_and_remove_nothing(
    installation: Installation, project: Path, tmp_path: Path, names: list[str]
) -> None:
    name, extra = f"shop of {names[0]}", unique("owned-by-cli")
    file = write_agent(tmp_path / "extra.yaml", extra)
    alone = installation.run("apply", "-f", str(file), cwd=tmp_path)
    assert (alone.code, "Project:" in alone.stderr) == (0, False)
    assert f"agent/{extra}" not in owned(installation, name)
    here = installation.run("apply", "-f", str(file), cwd=project)
    assert (here.code, f"  Project:  {name}\n" in here.stderr, "No longer" in here.stderr) == (0, True, False)
    assert f"agent/{extra}" in owned(installation, name)
    pruned = installation.run("apply", "-f", str(file), "--project", name, "--prune", "--yes", cwd=tmp_path)
    assert (pruned.code, pruned.stdout.count("✓ Deleted")) == (0, 3)
    assert owned(installation, name) == [f"agent/{extra}"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--project", "x"), "--project goes with -f"),
        (("-f", "a.yaml", "--prune"), "--prune with -f needs --project NAME"),
        (("-f", "a.yaml", "--take-over"), "--take-over needs a project"),
    ],
)
def test_options_that_say_nothing_together_are_refused(
    installation: Installation, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    write_agent(tmp_path / "a.yaml", "nobodys")
    refused = installation.run("apply", *arguments, cwd=tmp_path)
    assert (refused.code, refused.stdout, said in refused.stderr) == (2, "", True)


def test_a_program_that_fails_half_way_changes_nothing(
    installation: Installation, project: Path, names: list[str]
) -> None:
    with (project / "main.py").open("a") as program:
        program.write("raise SystemExit('half of it')\n")
    refused = installation.run("apply", "--prune", "--yes", cwd=project)
    assert (refused.code, refused.stdout) == (1, "")
    assert all(installation.run("get", "agent", name).code == 0 for name in names)


def test_projects_are_listed_and_lists_can_be_of_one(
    installation: Installation, project: Path, names: list[str]
) -> None:
    del project
    name = f"shop of {names[0]}"
    listed = installation.run("get", "projects")
    assert listed.stdout.split("\n")[0].split() == ["NAME", "ORG", "RESOURCES", "UPDATED"]
    (line,) = (line for line in listed.stdout.splitlines() if line.startswith(name))
    assert line.removeprefix(name).split()[:2] == ["local", "3"]
    found = {each["name"]: each for each in installation.run("get", "projects", "-o", "json").json()}
    assert (found[name]["resourceCount"], found[name]["createdBy"]) == (3, "local")
    assert set(owned(installation, name)) == {f"agent/{each}" for each in names}
    one = installation.run("get", "project", name, "-o", "json").json()
    assert {each["name"] for each in one["resources"]} == {*names}
    some = installation.run("get", "agents", "--project", name, "-o", "name").stdout.split()
    assert set(some) == {f"agent/{each}" for each in names}
    assert installation.run("get", "workflows", "--project", name, "-o", "json").json() == []
    assert installation.run("get", "executions", "--project", name, "-o", "json").json() == []
    for arguments in (("get", "project", "nowhere"), ("get", "agents", "--project", "nowhere")):
        missing = installation.run(*arguments)
        assert (missing.code, missing.stderr) == (
            4,
            "error: project 'nowhere' not found\n\nhint: stigmer get projects\n",
        )


def test_destroying_asks_for_the_name_and_leaves_nothing(
    installation: Installation, project: Path, names: list[str]
) -> None:
    name = f"shop of {names[0]}"
    refused = installation.run("destroy", cwd=project)
    assert refused.code == 2
    assert refused.stderr.endswith(f"\n\nhint: stigmer destroy --project '{name}' --yes\n")
    code, screen = installation.run_on_terminal("destroy", cwd=project, typed="y\n", after="to delete: ")
    assert code == 8
    assert f"Type {name} to delete:" in screen
    assert len(owned(installation, name)) == 3
    code, screen = installation.run_on_terminal("destroy", cwd=project, typed=f"{name}\n", after="to delete: ")
    assert (code, screen.count("✓ Deleted")) == (0, 3)
    assert installation.run("get", "project", name).code == 4
    again = installation.run("destroy", "--project", name)
    assert (again.code, again.stdout) == (0, "")
    assert again.stderr == f"Project {name} owns nothing here: there is nothing to destroy.\n"
    assert json.loads(installation.run("destroy", "-C", str(project), "-o", "json").stdout)["deleted"] == []


def test_the_difference_between_what_is_declared_and_what_is_deployed(
    installation: Installation, project: Path, names: list[str]
) -> None:
    def difference(*arguments: str) -> Done:
        return installation.run("diff", "-q", *arguments, cwd=project)

    with (project / "main.py").open("a") as program:
        program.write(f"Agent(name='{names[0]}-new', instructions='Answer in one plain sentence.')\n")
    found = difference()
    assert (found.code, found.stdout.splitlines()) == (
        1,
        [f"+ Agent {names[0]}-new", *(f"- Agent {name}" for name in sorted(names[1:]))],
    )
    assert installation.run("get", "agent", f"{names[0]}-new").code == 4
    assert installation.run("apply", "--prune", "--yes", cwd=project).code == 0
    same = difference()
    assert (same.code, same.stdout) == (0, "")
    text = (project / "main.py").read_text()
    (project / "main.py").write_text(text.replace("one plain sentence", "two", 1))
    changed = difference()
    assert changed.code == 1
    assert changed.stdout.startswith(f"~ Agent {names[0]}\n    ~ spec.instructions: ")
    (project / "main.py").write_text("raise SystemExit(1)")
    assert difference().code == 2
    assert installation.run("diff", cwd=project.parent).code == 2


def test_the_exit_code_says_that_nothing_changes_where_it_is_asked_for(
    installation: Installation, project: Path
) -> None:
    assert installation.run("apply", "--exit-code", cwd=project).code == 7
    assert installation.run("apply", "--exit-code", "--prune", "--yes", cwd=project).code == 0
    assert installation.run("apply", "--exit-code", "--prune", "--yes", cwd=project).code == 7
    assert installation.run("apply", cwd=project).code == 0
