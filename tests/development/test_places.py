"""Tool servers of projects: relative paths count from where the project was applied, `python3` is the project's own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.placed_servers import lives_in, place_of, placed
from apps.resources.project import Project
from tests.development.kit import Shop
from tests.support.daemon import Installation

SCRIPTED = "turns: [{text: Hello.}]\n"


def test_a_relative_server_starts_from_the_project_with_its_python(shop: Shop) -> None:
    python = shop.own_python()
    shop.succeeds("apply")
    told = shop.where()
    assert told["python"] == str(python)
    assert told["file"] == str(shop.directory / "tools" / "own.py")
    assert str(shop.directory) not in told["cwd"], "it starts in a directory of the run's own, as others do"
    described = shop.succeeds("describe", "agent", shop.name).stdout
    assert f"{shop.name}, {shop.directory}\n" in described
    assert str(shop.directory) not in shop.succeeds("get", "agent", shop.name, "-o", "yaml").stdout


def test_without_an_environment_of_its_own_it_has_the_python_of_the_command(shop: Shop) -> None:
    shop.write(arguments="['./tools/own.py', '--at=./data', 'tools', '.']", more=", working_dir='.'")
    shop.succeeds("apply")
    told = shop.where()
    assert told["python"] == sys.executable
    assert told["cwd"] == str(shop.directory)
    assert told["rest"] == [f"--at={shop.directory}/data", "tools", "."], "what does not look like a path is none"


def test_the_checkout_that_was_applied_last_is_the_one_that_runs(shop: Shop, tmp_path: Path) -> None:
    shop.succeeds("apply")
    other = Shop(shop.installation, tmp_path / "other", shop.name)
    shutil.copytree(shop.directory, other.directory)
    applied = other.succeeds("apply")
    moved = f"start in {other.directory} from now on, not in {shop.directory}"
    assert (f"Tool servers of {shop.name} {moved}\n" in applied.stderr, "1 unchanged" in applied.stdout) == (True, True)
    assert other.where()["file"] == str(other.directory / "tools" / "own.py")
    assert "from now on" not in shop.succeeds("preview").stderr.partition("not in")[2]
    assert other.where()["file"].startswith(str(other.directory)), "a plan moves nothing"
    shutil.rmtree(other.directory / "tools")
    shutil.move(other.directory, tmp_path / "gone")
    refused = shop.installation.run(
        "run", shop.name, "-m", "Where?", "--model", f"scripted:{shop.directory / 'answers.yaml'}"
    )
    assert refused.code == 1
    assert f"whose directory, {other.directory}, is not here any more" in refused.stderr
    shop.succeeds("apply")
    assert shop.where()["file"].startswith(str(shop.directory))


def test_what_no_project_of_this_machine_owns_is_refused_with_a_sentence(
    agent_home: Installation, tmp_path: Path
) -> None:
    agent = "apiVersion: agentic.stigmer.ai/v1\nkind: Agent\nmetadata: {name: homeless}\nspec:\n"
    agent += "  instructions: Say where you are.\n"
    agent += "  mcp_servers: [{name: own, stdio: {command: python3, args: [tools/own.py]}}]\n"
    (tmp_path / "agent.yaml").write_text(agent)
    (tmp_path / "answers.yaml").write_text(SCRIPTED)
    assert agent_home.run("apply", "-f", "agent.yaml", cwd=tmp_path).code == 0
    run = ("run", "homeless", "-m", "Where?", "--model", "scripted:answers.yaml")
    refused = agent_home.run(*run, cwd=tmp_path)
    assert refused.code == 1
    assert "MCP server 'own' starts with 'tools/own.py', which counts from the directory of its project" in (
        refused.stderr
    )
    # In the directory of a project, its files are the project's.
    (tmp_path / "Stigmer.yaml").write_text("name: homely\nruntime: python\n")
    shop = Shop(agent_home, tmp_path, "homely")
    (tmp_path / "tools").mkdir()
    shop.write()
    assert agent_home.run("apply", "-f", "agent.yaml", cwd=tmp_path).code == 0
    assert agent_home.run(*run, cwd=tmp_path).code == 0


def server(command: str, *arguments: str, **more: Any) -> dict[str, Any]:
    return {"name": "own", "stdio": {"command": command, "args": list(arguments), **more}}


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        (server("./serve", "x"), server("/srv/shop/serve", "x")),
        (server("bin/serve"), server("/srv/shop/bin/serve")),
        (server("node", "--flag", "../lib/a.mjs"), server("node", "--flag", "/srv/lib/a.mjs")),
        (server("python", "-u", "a.py", "b.py"), server("/venv/python", "-u", "/srv/shop/a.py", "b.py")),
        (server("npx", "-y", "@scope/pack", "chart.js"), server("npx", "-y", "@scope/pack", "chart.js")),
        (server("python3.11", "-m", "pack.mod"), server("python3.11", "-m", "pack.mod")),
        (server("serve", "./${A}/x"), server("serve", "/srv/shop/${A}/x")),
        (server("serve", "${A}/x", "http://a/b.py"), server("serve", "${A}/x", "http://a/b.py")),
        (server("serve", working_dir="data"), server("serve", working_dir="/srv/shop/data")),
        (server("~/serve", working_dir="/w"), server("~/serve", working_dir="/w")),
    ],
)
def test_what_counts_as_a_path(given: dict[str, Any], whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda _: True)
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/venv/python")
    project = Project(name="shop", root="/srv/shop", python="/venv/python")
    assert placed(given, place_of(project)) == whole
    is_relative = any(text.startswith("/srv") for text in [whole["stdio"]["command"], *whole["stdio"]["args"]])
    assert lives_in(given, project) == (is_relative or whole["stdio"].get("working_dir") == "/srv/shop/data")
    if lives_in(given, project):
        with pytest.raises(RunFailed, match="which counts from the directory of its project"):
            placed(given, None)
    else:
        assert placed(given, None) == given


def test_a_python_that_is_gone_is_named(tmp_path: Path) -> None:
    project = Project(name="shop", root=str(tmp_path), python=str(tmp_path / "gone"))
    with pytest.raises(RunFailed, match=f"apply -C {tmp_path}"):
        placed(server("python3", "-m", "pack"), place_of(project))
