"""`stigmer skill`: what people type, as whole processes."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cli.exits import Exit
from tests.support.archives import SKILL_MD, archive, entry, with_skill
from tests.support.daemon import Installation


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A skill with what nobody wants pushed beside it."""
    directory = tmp_path_factory.mktemp("skills") / "release-notes"
    (directory / "scripts").mkdir(parents=True)
    (directory / "SKILL.md").write_text(SKILL_MD.replace("greeting", "release-notes"))
    (directory / "scripts" / "log.sh").write_text("#!/bin/sh\ngit log\n")
    (directory / "scripts" / "log.sh").chmod(0o755)
    (directory / ".git").mkdir()
    (directory / ".env").write_text("TOKEN=hunter2")
    return directory


def test_a_directory_is_pushed_looked_at_and_fetched(installation: Installation, notes: Path, tmp_path: Path) -> None:
    pushed = installation.run("skill", "push", str(notes), "--tag", "stable", "-o", "json")
    assert pushed.code == 0, pushed.stderr
    found = json.loads(pushed.stdout)
    assert (found["name"], found["status"], found["tag"]) == ("release-notes", "created", "stable")
    assert f"2 file(s), 303 B, sha256 {found['version']}" in pushed.stderr
    assert "Left out: .env, .git/" in pushed.stderr
    assert "\nState:         ready\n" in installation.run("describe", "skill", "release-notes").stdout

    again = installation.run("skill", "push", cwd=notes)
    assert "✓ Unchanged" in again.stdout

    listed = installation.run("skill", "list")
    assert "release-notes" in listed.stdout
    assert "Greets people." in listed.stdout
    assert "release-notes" in installation.run("get", "skills").stdout

    shown = installation.run("skill", "show", "release-notes", "--version", "stable")
    assert "scripts/log.sh" in shown.stdout
    assert "Say hello." in shown.stdout
    record = json.loads(installation.run("skill", "show", "release-notes", "-o", "json").stdout)
    assert [file["path"] for file in record["artifact"]["files"]] == ["SKILL.md", "scripts/log.sh"]
    assert [version["tag"] for version in record["versions"]] == ["stable"]

    target = tmp_path / "fetched"
    pulled = installation.run("skill", "pull", "release-notes", str(target))
    assert pulled.code == 0, pulled.stderr
    files = {str(file.relative_to(target)) for file in target.rglob("*") if file.is_file()}
    assert files == {"SKILL.md", "scripts/log.sh"}
    assert (target / "scripts" / "log.sh").read_bytes() == (notes / "scripts" / "log.sh").read_bytes()
    assert (target / "scripts" / "log.sh").stat().st_mode & stat.S_IXUSR
    assert "✓ Unchanged" in installation.run("skill", "push", str(target)).stdout, "the same files are the same version"

    refused = installation.run("skill", "pull", "release-notes", str(target))
    assert (refused.code, refused.stdout) == (Exit.CONFLICT, "")
    assert f"error: {target} is there already" in refused.stderr

    deleted = installation.run("delete", "skill", "release-notes", "--yes")
    assert deleted.code == 0, deleted.stderr
    assert installation.run("skill", "show", "release-notes").code == Exit.NOT_FOUND


def test_skills_of_others_can_be_pushed_so_that_agents_find_them(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "greeting.zip"
    file.write_bytes(archive())
    agent = {
        "apiVersion": "agentic.stigmer.ai/v1",
        "kind": "Agent",
        "metadata": {"name": "skilled"},
        "spec": {
            "instructions": "Use your skills.",
            "skillRefs": [
                {"kind": "skill", "scope": "platform", "slug": "greeting"},
                {"kind": "skill", "scope": "organization", "org": "my-org", "slug": "internal"},
            ],
        },
    }
    (tmp_path / "agent.yaml").write_text(yaml.safe_dump(agent))
    applied = installation.run("apply", "-f", str(tmp_path / "agent.yaml"))
    assert applied.code == 0, applied.stderr
    assert applied.stderr.count("warning: Agent skilled: spec.skill_refs") == 2

    run = installation.run("run", "skilled", "-m", "go")
    assert run.code != 0
    assert "cannot be run: there is no Skill 'greeting' on the platform" in run.stderr
    assert "stigmer skill push DIR --name greeting --scope platform" in run.stderr

    for arguments in (("--scope", "platform"), ("--name", "internal", "--for", "my-org")):
        pushed = installation.run("skill", "push", str(file), *arguments)
        assert pushed.code == 0, pushed.stderr
    assert "warning" not in installation.run("apply", "-f", str(tmp_path / "agent.yaml")).stderr
    shown = installation.run("skill", "show", "internal", "--for", "my-org")
    assert "my-org" in shown.stdout


def test_what_is_no_skill_is_refused_with_everything_that_is_wrong(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "evil.zip"
    file.write_bytes(with_skill((entry("../evil"), "x"), (entry("/etc/passwd"), "x"), (entry("a\x1b[31m"), "x")))
    refused = installation.run("skill", "push", str(file))
    assert refused.code == Exit.FAILED
    assert refused.stderr.splitlines() == [
        f"error: {file} cannot be pushed",
        '  "../evil" leads out of the archive',
        '  "/etc/passwd" has an absolute path',
        '  "a\\u001b[31m" has control characters in its name',
        "",
        "hint: A skill is a directory with a SKILL.md in it, and what that speaks of",
    ]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.parent.touch(), "has no SKILL.md"),
        (lambda path: path.symlink_to("/etc/passwd"), "is a symbolic link"),
        (os.mkfifo, "is no plain file"),
    ],
)
def test_a_directory_that_is_no_skill_is_refused(
    installation: Installation, tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    make(tmp_path / "SKILL.md")
    refused = installation.run("skill", "push", str(tmp_path))
    assert refused.code == Exit.FAILED
    assert said in refused.stderr


def test_what_is_not_there_is_said_so(installation: Installation, tmp_path: Path) -> None:
    assert installation.run("skill", "push", str(tmp_path / "nothing")).code == Exit.NOT_FOUND
    for command in ("show", "pull"):
        missing = installation.run("skill", command, "nothing", cwd=tmp_path)
        assert missing.code == Exit.NOT_FOUND
        assert "error: skill 'nothing' not found" in missing.stderr
    assert list(tmp_path.iterdir()) == []
    both = installation.run("skill", "push", "--scope", "platform", "--for", "acme", cwd=tmp_path)
    assert both.code == Exit.MISUSE
