"""Real programs and a real HTTP service are told."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from apps.notices import channels
from apps.notices.channels import COMMAND, DESKTOP, WEBHOOK, Channels
from apps.notices.message import trial_body
from tests.support.http import StandIn

BODY = trial_body("ntf-1", 1_800_000_000.0)
ENVIRON = {"PATH": os.environ["PATH"]}
SCRIPT = "import os, sys; open(sys.argv[1], 'w').write(sys.stdin.read() + str(sorted(os.environ)))"


def test_a_web_hook_gets_the_message_with_its_id_and_the_token() -> None:
    with StandIn() as service:
        service.on("POST /hook", status=204)
        assert Channels(ENVIRON, webhook=f"{service.url}/hook", token="t0k").deliver(BODY, [WEBHOOK]) == {WEBHOOK: ""}
        (asked,) = service.asked
    assert asked.body == BODY
    assert (asked.headers["authorization"], asked.headers["x-stigmer-id"]) == ("Bearer t0k", "ntf-1")


@pytest.mark.parametrize(
    ("options", "why"),
    [({"status": 500}, "answers 500"), ({"status": 302}, "answers 302"), ({"breaks": True}, "does not")],
)
def test_a_web_hook_that_does_not_take_it_says_why_and_leads_nowhere(options: dict[str, object], why: str) -> None:
    with StandIn() as service:
        elsewhere = {"headers": {"Location": f"{service.url}/elsewhere"}}
        service.on("POST /hook/s3cret", **{**elsewhere, **options})
        told = Channels(ENVIRON, webhook=f"{service.url}/hook/s3cret", token="t0k").deliver(BODY, [WEBHOOK])
        assert [asked.path for asked in service.asked] == ["/hook/s3cret"]
    assert why in told[WEBHOOK]
    assert "s3cret" not in told[WEBHOOK]


def test_a_program_gets_the_message_on_its_standard_input(tmp_path: Path) -> None:
    (tmp_path / "tell.py").write_text(SCRIPT)
    environ = ENVIRON | {"STIGMER_NOTIFY_TOKEN": "t0k", "STIGMER_SETTINGS": "{}"}
    command = f"{sys.executable} '{tmp_path}/tell.py' {tmp_path}/told"
    assert Channels(environ, command=command).deliver(BODY, [COMMAND]) == {COMMAND: ""}
    told, _, names = (tmp_path / "told").read_text().partition("}[")
    assert json.loads(told + "}") == BODY
    assert "STIGMER" not in names


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (f"{sys.executable} -c 'import sys; sys.exit(\"no network\")'", "ended with 1: no network"),
        ("no-such-program-of-ours now", "there is no program 'no-such-program-of-ours'"),
        ("'open", "notify.command cannot be read: no closing quotation"),
    ],
)
def test_a_program_that_cannot_says_why(command: str, why: str) -> None:
    assert why in Channels(ENVIRON, command=command).deliver(BODY, [COMMAND])[COMMAND]


def test_a_program_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "COMMAND_SECONDS", 0.1)
    command = f"{sys.executable} -c 'import time; time.sleep(600)'"
    assert "took longer than" in Channels(ENVIRON, command=command).deliver(BODY, [COMMAND])[COMMAND]


def test_the_desktop_shows_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "_desktop_program", lambda: "notify-send")
    monkeypatch.setattr(sys, "platform", "linux")
    there = Channels({"PATH": str(tmp_path)}, desktop=True)
    assert there.deliver(BODY, [DESKTOP]) == {DESKTOP: "notify-send is not installed"}
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nfor word in "$@"; do echo "$word"; done > {tmp_path}/shown\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert there.deliver(BODY, [DESKTOP]) == {DESKTOP: ""}
    assert (tmp_path / "shown").read_text().splitlines()[2:] == ["--", "Stigmer", BODY["text"]]


def test_what_is_no_longer_wanted_is_left_out() -> None:
    assert Channels(ENVIRON, command="true").deliver(BODY, [WEBHOOK]) == {}
    assert repr(Channels(ENVIRON, webhook="http://a/s3cret", token="t0k")) == "Channels(webhook)"
