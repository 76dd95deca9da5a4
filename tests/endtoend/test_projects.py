"""Two projects, from their first deployment over what changes in between to nothing: all of it from the outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.endtoend.kit import Whole
from tests.support.daemon import Done
from tests.support.llm import Reply

FIRST = "Answer in one plain sentence."


class Project:
    """A project on disk, and the commands in it."""

    def __init__(self, whole: Whole, directory: Path, name: str) -> None:
        self.whole, self.directory, self.name = whole, directory, name
        directory.mkdir()
        (directory / "Stigmer.yaml").write_text(f"name: {name}\nruntime: python\n")

    def declares(self, **agents: str) -> None:
        """Agents by name, with their instructions."""
        lines = [f"Agent(name={name!r}, instructions={text!r})" for name, text in agents.items()]
        (self.directory / "main.py").write_text("\n".join(["from stigmer import Agent", *lines, ""]))

    def run(self, *arguments: str) -> Done:
        return self.whole.installation.run(*arguments, cwd=self.directory)

    def succeeds(self, *arguments: str) -> Done:
        done = self.run(*arguments)
        assert done.code == 0, done.stderr
        return done

    def owned(self) -> set[str]:
        return set(self.succeeds("get", "project", self.name, "-o", "name").stdout.split())


@pytest.fixture
def shop(whole: Whole, tmp_path: Path) -> Project:
    return Project(whole, tmp_path / "shop", "life-of-a-shop")


@pytest.fixture
def archive(whole: Whole, tmp_path: Path) -> Project:
    return Project(whole, tmp_path / "archive", "life-of-an-archive")


def test_the_life_of_two_projects(whole: Whole, shop: Project, archive: Project) -> None:
    shop.declares(clerk=FIRST, porter=FIRST)
    archive.declares(keeper=FIRST)
    shop.succeeds("apply")
    archive.succeeds("apply")
    assert (shop.owned(), archive.owned()) == ({"agent/clerk", "agent/porter"}, {"agent/keeper"})

    # Removal: what is no longer declared stays, and what would go with it is counted.
    whole.host.replies.append(Reply("Here you are.", when="the boxes"))
    shop.succeeds("run", "porter", "-m", "Bring the boxes")
    shop.declares(clerk=FIRST)
    preview = shop.succeeds("preview")
    assert "porter  1 agent instance, 1 session and 1 agent execution\n" in preview.stdout
    assert shop.run("diff", "-q").stdout == "- Agent porter\n"
    told = shop.succeeds("apply")
    assert "No longer declared" in told.stderr
    assert shop.owned() == {"agent/clerk", "agent/porter"}

    # Take-over: the other project is refused by name, then takes it.
    archive.declares(keeper=FIRST, porter=FIRST)
    refused = archive.run("apply")
    assert (refused.code, "belongs to project 'life-of-a-shop'" in refused.stderr) == (5, True)
    archive.succeeds("apply", "--take-over")
    assert (shop.owned(), archive.owned()) == ({"agent/clerk"}, {"agent/keeper", "agent/porter"})
    assert "No longer declared" not in shop.succeeds("apply").stderr

    # History and going back: the project says again what it declares.
    shop.declares(clerk="Answer in two plain sentences.")
    shop.succeeds("apply", "--message", "a longer answer")
    newest = shop.succeeds("history", "agent", "clerk", "-o", "json").json()[0]
    assert newest["message"] == "a longer answer"
    shop.succeeds("rollback", "agent", "clerk", "--to", "1", "--yes")
    assert shop.run("diff", "-q").code == 1
    shop.succeeds("apply")
    assert shop.run("diff", "-q").code == 0

    # Prune: not without a yes; with everything that belongs to it.
    archive.declares(keeper=FIRST)
    unasked = archive.run("apply", "--prune")
    assert (unasked.code, "hint: stigmer apply --prune --yes" in unasked.stderr) == (2, True)
    archive.succeeds("apply", "--prune", "--yes")
    assert archive.owned() == {"agent/keeper"}
    assert archive.run("get", "agent", "porter").code == 4
    assert "porter" not in archive.succeeds("executions", "list", "-o", "json").stdout

    # Destruction: one project, then the other; repeated, it says that nothing is left.
    for project, name in ((shop, "clerk"), (archive, "keeper")):
        assert project.run("destroy").code == 2
        assert f"agent/{name}\n" == project.succeeds("destroy", "--yes", "-o", "name").stdout
        assert project.run("get", "agent", name).code == 4
        again = project.succeeds("destroy")
        assert "owns nothing here" in again.stderr
    left = shop.succeeds("get", "projects", "-o", "json").json()
    assert not {"life-of-a-shop", "life-of-an-archive"} & {each["name"] for each in left}
