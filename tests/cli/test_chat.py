"""`stigmer chat`: one session over many turns, typed or piped, stopped and gone on with."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.daemon import PROGRAM, wait_until
from tests.support.llm import ModelHost, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.daemon import Installation

AGENT = """\
apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata: {name: chat-clerk}
spec: {instructions: You answer in one word.}
"""
SESSION = re.compile(r"Go on with `stigmer chat chat-clerk --session (ses-\w+)`\n")


@pytest.fixture(scope="module")
def host() -> Iterator[ModelHost]:
    with ModelHost([Reply("Yes."), Reply("No.", when="second")]) as made:
        yield made


@pytest.fixture(scope="module")
def talking(running: Installation, host: ModelHost) -> Iterator[Installation]:
    """With an agent, whose models are at `host`."""
    done = running.run("apply", "-f", "-", stdin=AGENT)
    assert done.code == 0, done.stderr
    for name, value in (("provider", "openai"), ("model", "stand-in"), ("base_url", host.openai_url)):
        assert running.run("config", "set", f"backend.local.llm.{name}", value).code == 0
    yield running
    (running.home / "config.yaml").unlink()  # the installation is that of other tests, too


def test_each_line_is_a_message_of_one_conversation(talking: Installation, host: ModelHost) -> None:
    done = talking.run("chat", "chat-clerk", stdin="the first\n\nthe second\n")
    assert done.code == 0, done.stderr
    assert done.stdout == "Yes.\nNo.\n"
    (session,) = SESSION.findall(done.stderr)
    assert host.requests[-1].texts[-3:] == ["the first", "Yes.", "the second"]

    more = talking.run("chat", "chat-clerk", "--session", session, stdin="the third\n")
    assert more.code == 0, more.stderr
    assert SESSION.findall(more.stderr) == [session]
    assert host.requests[-1].texts[-5:] == ["the first", "Yes.", "the second", "No.", "the third"]


def test_a_conversation_is_typed_and_ended_by_ctrl_d(talking: Installation) -> None:
    code, screen = talking.run_on_terminal("chat", "chat-clerk", typed="hello\n\x04", after="> ")
    assert code == 0, screen
    assert "Talking with chat-clerk." in screen
    assert "Yes." in screen
    assert SESSION.search(screen)


def test_ctrl_c_stops_the_answer(talking: Installation, host: ModelHost) -> None:
    held = threading.Event()
    host.replies.append(Reply("Well, ", when="wait for it", hold=held))
    talk = subprocess.Popen(
        [*PROGRAM, "chat", "chat-clerk"],
        cwd=talking.home,
        env=talking.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert talk.stdin is not None
        talk.stdin.write("wait for it\n")
        talk.stdin.flush()
        host.wait_for(lambda asked: "wait for it" in asked.texts)
        talk.send_signal(signal.SIGINT)
        _, told = talk.communicate(timeout=60)
        assert talk.returncode == 130, told
        assert "Stopped." in told
        # The answer is still held: a run that gets it first is completed.
        wait_until(lambda: latest(talking) == "EXECUTION_CANCELLED", "the run is cancelled")
    finally:
        held.set()
        talk.kill()


def latest(installation: Installation) -> str:
    """The phase of the newest run."""
    (run,) = installation.run("executions", "list", "-n", "1", "-o", "json").json()
    return str(run["status"]["phase"])


def test_a_message_without_an_answer_fails_and_the_next_is_asked_all_the_same(
    talking: Installation, host: ModelHost
) -> None:
    host.replies.append(Reply("no such thing", status=400, when="what nobody answers"))
    done = talking.run("chat", "chat-clerk", stdin="what nobody answers\nthe second\n")
    assert done.code == 1
    assert done.stdout == "No.\n"
    assert "error: openai:stand-in at " in done.stderr


def test_what_cannot_be_talked_with_is_refused(talking: Installation, tmp_path: Path) -> None:
    assert talking.run("chat", "nobody", stdin="hi\n").code == 4
    done = talking.run("chat", "chat-clerk", "--session", "ses-01m84vtjb1p5003pehs82a2bad", stdin="hi\n")
    assert done.code in (2, 4)
    assert "ses-01m84vtjb1p5003pehs82a2bad" in done.stderr
    unsaid = talking.run("chat", "chat-clerk", "--session", "ses-01m84vtjb1p5003pehs82a2bad", stdin="")
    assert (unsaid.code, unsaid.stderr) == (0, ""), "nobody is sent to a session that may not be there"
