"""Secrets, files, ports and folders of others: what a whole installation keeps to itself."""

from __future__ import annotations

import contextlib
import stat
from ipaddress import ip_address
from pathlib import Path

import psutil

from tests.acceptance.projects import AGENT_PROGRAM, make_project
from tests.support.daemon import Installation

SECRETS = ("sk-first-secret-value", "sk-second-secret-value")
WITH_SECRETS = """\
apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata: {name: keeper}
spec:
  instructions: Answer questions in a few plain sentences.
  env_spec:
    data:
      API_KEY: {value: SECRET, is_secret: true}
---
apiVersion: agentic.stigmer.ai/v1
kind: Environment
metadata: {name: production}
spec:
  data:
    TOKEN: {value: SECRET, is_secret: true}
"""
A_BAD_ONE = """\
---
apiVersion: agentic.stigmer.ai/v1
kind: Environment
metadata: {name: bad, slug: Not A Slug}
spec:
  data:
    TOKEN: {value: SECRET, is_secret: true}
"""


def processes(installation: Installation) -> list[psutil.Process]:
    daemon = psutil.Process(installation.state()["pid"])
    return [daemon, *daemon.children(recursive=True)]


def test_secrets_are_nowhere_in_clear(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "keeper.yaml"
    said = []
    for secret in SECRETS:
        for text in (WITH_SECRETS, WITH_SECRETS + A_BAD_ONE):
            file.write_text(text.replace("SECRET", secret))
            for options in (["--dry-run"], []):
                done = installation.run("apply", "-f", str(file), *options, "--debug")
                assert done.code == (1 if text is not WITH_SECRETS else 0), done.stderr
                said.append(done)
    for kind in ("agents", "agent-instances", "environments"):
        said += [installation.run("get", kind, "-o", shape) for shape in ("table", "json", "yaml")]
    said.append(installation.run("delete", "environment", "production", "--yes"))
    shown = "".join(done.stdout + done.stderr for done in said)
    assert "********" in shown
    for process in processes(installation):
        shown += " ".join([*process.cmdline(), *process.environ().values()])
    installation.stop()
    kept = b"".join(path.read_bytes() for path in installation.home.rglob("*") if path.is_file())
    assert b"keeper" in kept
    assert [secret for secret in SECRETS if secret in shown or secret.encode() in kept] == []


def test_files_are_their_owners_alone_and_nothing_is_written_elsewhere(
    installation: Installation, tmp_path: Path
) -> None:
    project = make_project(tmp_path / "shop", AGENT_PROGRAM.format(name="shop"))
    someones_home = tmp_path / "someone"
    someones_home.mkdir()
    installation.extra["HOME"] = str(someones_home)
    before = sorted(project.rglob("*"))
    assert installation.run("apply", cwd=project).code == 0
    assert installation.run("ui", "--no-browser", cwd=project).code == 0
    assert sorted(project.rglob("*")) == before
    assert list(someones_home.rglob("*")) == []
    for path in installation.data_dir.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # the database's own temporary files
            assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


def test_only_loopback_is_listened_on(installation: Installation) -> None:
    assert installation.run("server", "start").code == 0
    assert installation.run("ui", "--no-browser").code == 0
    listening = {
        connection.laddr
        for process in processes(installation)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address.port for address in listening} == {installation.port, installation.web_port}
    for address in listening:
        found = ip_address(address.ip)
        assert (getattr(found, "ipv4_mapped", None) or found).is_loopback, address


def test_no_process_has_the_users_directory_on_its_path(installation: Installation, tmp_path: Path) -> None:
    assert installation.run("server", "start", cwd=tmp_path).code == 0
    assert installation.run("ui", "--no-browser", cwd=tmp_path).code == 0
    for process in processes(installation):
        assert "-P" in process.cmdline(), process.cmdline()
        assert Path(process.cwd()) == installation.data_dir
        assert "PYTHONPATH" not in process.environ()
