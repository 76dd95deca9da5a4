"""What a person sees whose project cannot be deployed: one clear error, and nothing is deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.projects import AGENT_FILE, AGENT_PROGRAM, make_file, make_project
from tests.support.daemon import Installation

TWO_OF_ONE_SLUG = AGENT_PROGRAM.format(name="My Agent") + AGENT_PROGRAM.format(name="my-agent")
DAMAGED = (
    "import os, pathlib\npathlib.Path(os.environ['STIGMER_OUT_DIR'], 'agent-0.pb').write_bytes(b'\\xff\\xff\\x01')\n"
)

BAD_PROGRAMS = {
    "there is no main": (None, "main.py does not exist"),
    "it raises": ("raise RuntimeError('the sky fell')\n", "RuntimeError: the sky fell"),
    "it exits": ("import sys\nprint('giving up')\nsys.exit(3)\n", "exit code 3"),
    "it declares nothing": ("import stigmer\n", "declared no resource"),
    "it writes a damaged file": (DAMAGED, "agent-0.pb is damaged"),
    "two of one slug": (TWO_OF_ONE_SLUG, 'slug "my-agent" is taken'),
    "a name without a slug": (AGENT_PROGRAM.format(name="!!!"), "makes no slug"),
    "a slug of 64 characters": (AGENT_PROGRAM.format(name="a" * 64), "64 characters"),
    "a message over 10 MiB": (
        'import stigmer\nstigmer.Agent(name="large", instructions="x" * (11 << 20))\n',
        "the limit is 10,485,760",
    ),
}
BAD_STIGMER_FILES = {
    "broken": ("name: shop\nruntime: [python\nmain: main.py\n", ["Stigmer.yaml:3:5", "this is not YAML"]),
    "an unknown key": ("name: shop\nruntime: python\nmian: main.py\n", ["Stigmer.yaml:3:1", "mian", "`main`"]),
}


def refused(running: Installation, *arguments: str, cwd: Path | None = None) -> str:
    """What `apply` says when it refuses; checks that it is an error with a hint and that nothing is deployed."""
    before = running.run("get", "agents", "-o", "name")
    done = running.run("apply", *arguments, cwd=cwd)
    assert (done.code, done.stdout) == (1, "")
    assert "error: " in done.stderr
    assert "\n\nhint: " in done.stderr
    assert "cli/" not in done.stderr, "a traceback of ours"
    assert running.run("get", "agents", "-o", "name") == before
    assert before.code == 0, before.stderr
    return done.stderr


@pytest.mark.parametrize(("program", "said"), BAD_PROGRAMS.values(), ids=list(BAD_PROGRAMS))
def test_a_program_that_cannot_be_deployed(
    running: Installation, tmp_path: Path, program: str | None, said: str
) -> None:
    project = make_project(tmp_path / "shop", program)
    assert said in refused(running, "-C", str(project))


@pytest.mark.parametrize(("text", "said"), BAD_STIGMER_FILES.values(), ids=list(BAD_STIGMER_FILES))
def test_a_stigmer_file_that_cannot_be_read(running: Installation, tmp_path: Path, text: str, said: list[str]) -> None:
    project = make_project(tmp_path / "shop", AGENT_PROGRAM.format(name="shop"))
    (project / "Stigmer.yaml").write_text(text)
    words = refused(running, cwd=project)
    assert [each for each in said if each not in words] == []


@pytest.mark.parametrize("name", ["!!!", "日本", "a" * 64])
def test_a_name_in_a_file_that_makes_no_slug(running: Installation, tmp_path: Path, name: str) -> None:
    file = make_file(tmp_path / "agent.yaml", name)
    words = refused(running, "-f", str(file))
    assert f"{file}:" in words
    assert "slug" in words


def test_two_documents_of_one_slug(running: Installation, tmp_path: Path) -> None:
    file = tmp_path / "agents.yaml"
    file.write_text(AGENT_FILE.format(name="My Agent") + "---\n" + AGENT_FILE.format(name="my-agent"))
    words = refused(running, "-f", str(file))
    assert "two agents have the slug 'my-agent'" in words
    assert f"{file}:1" in words
    assert f"{file}:8" in words


def test_a_program_that_hangs_is_ended_in_time(running: Installation, tmp_path: Path) -> None:
    project = make_project(tmp_path / "shop", "while True:\n    pass\n")
    done = running.run("apply", "-C", str(project), "--entry-timeout", "0.5")
    assert (done.code, done.stdout) == (9, "")
    assert "--entry-timeout" in done.stderr


def test_what_a_program_prints_is_no_result(running: Installation, tmp_path: Path) -> None:
    loud = "import os\nprint('loud')\nos.write(1, b'\\xff\\xfe raw\\n')\n" + AGENT_PROGRAM.format(name="loud")
    done = running.run("apply", "-C", str(make_project(tmp_path / "loud", loud)), "-o", "json")
    assert [entry["slug"] for entry in done.json()["resources"]] == ["loud"]
    assert "loud\n" in done.stderr
