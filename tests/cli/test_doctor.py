"""`stigmer doctor`: what it sees of an installation, what it mends, and how it ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.support.ports import free_port
from tests.support.served import Served

if TYPE_CHECKING:
    from tests.support.daemon import Done, Installation


def examined(installation: Installation, *options: str, **env: str) -> tuple[Done, dict[str, list[dict[str, Any]]]]:
    """The command, and its findings by check."""
    nowhere = {"STIGMER_LLM_BASE_URL": f"http://127.0.0.1:{free_port()}"}
    done = installation.run("doctor", "--json", *options, env={**nowhere, **env})
    found: dict[str, list[dict[str, Any]]] = {}
    for each in done.json()["checks"]:
        found.setdefault(each["check"], []).append(each)
    return done, found


def levels(found: dict[str, list[dict[str, Any]]], level: str) -> set[str]:
    return {name for name, findings in found.items() for each in findings if each["level"] == level}


def test_a_new_installation_is_well(fresh_installation: Installation) -> None:
    done, found = examined(fresh_installation)
    assert done.code == 0
    assert done.json()["ok"] is True
    assert levels(found, "fail") == set()
    assert "model" in levels(found, "warn")
    assert found["database"][0]["message"] == "made at the first start"
    assert not fresh_installation.data_dir.exists()


def test_a_server_that_runs_is_well(installation: Installation) -> None:
    done, found = examined(installation)
    assert (done.code, levels(found, "fail")) == (0, set())
    assert f"API {installation.endpoint}" in found["ports"][0]["message"]
    assert "sound" in found["database"][0]["message"]
    shown = installation.run("doctor")
    assert shown.code == 0, shown.stdout
    assert [line.split()[0] for line in shown.stdout.splitlines() if not line.startswith(" ")].count("ok") >= 9


def test_open_keys_fail_and_are_closed_by_fix(fresh_installation: Installation) -> None:
    keys = fresh_installation.data_dir / "keys"
    keys.mkdir(parents=True, mode=0o700)
    fresh_installation.data_dir.chmod(0o700)
    key = keys / "secrets"
    key.write_text("secret")
    key.chmod(0o644)
    done, found = examined(fresh_installation)
    assert (done.code, levels(found, "fail")) == (1, {"permissions"})
    assert found["permissions"][0]["hint"] == f"chmod 600 {key}"
    fixed, found = examined(fresh_installation, "--fix")
    assert fixed.code == 0
    assert found["permissions"][0]["mended"] == f"{key} is closed to others"
    assert key.stat().st_mode & 0o777 == 0o600
    assert examined(fresh_installation)[0].code == 0


def test_what_a_killed_server_left_is_removed_by_fix(fresh_installation: Installation) -> None:
    assert fresh_installation.run("server", "start").code == 0
    fresh_installation.kill()
    state = fresh_installation.data_dir / "run" / "state.json"
    done, found = examined(fresh_installation)
    assert found["server"][0]["message"] == "the server was killed and left its state behind"
    assert state.exists()
    done, found = examined(fresh_installation, "--fix")
    assert done.code == 0
    assert not state.exists()


def test_a_port_that_was_asked_for_and_is_taken_names_who_has_it(fresh_installation: Installation) -> None:
    with Served(ThreadingHTTPServer(("127.0.0.1", fresh_installation.port), BaseHTTPRequestHandler)):
        done, found = examined(fresh_installation)
    assert (done.code, levels(found, "fail")) == (1, {"ports"})
    assert f"port {fresh_installation.port} is held by" in found["ports"][0]["message"]


def test_a_damaged_database_fails(fresh_installation: Installation) -> None:
    fresh_installation.data_dir.mkdir(mode=0o700)
    file = fresh_installation.data_dir / "stigmer.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("create table t (a text)")
        connection.executemany("insert into t values (?)", [("x" * 900,)] * 100)
        connection.commit()
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * 8192 + content[12288:])
    done, found = examined(fresh_installation)
    assert (done.code, levels(found, "fail")) == (1, {"database"})


def test_a_broken_configuration_is_one_finding(fresh_installation: Installation) -> None:
    (fresh_installation.home / "config.yaml").write_text("backend: {colour: green}\n")
    done, found = examined(fresh_installation)
    assert done.code == 1
    assert set(found) == {"configuration"}
    assert "colour" in found["configuration"][0]["message"]
