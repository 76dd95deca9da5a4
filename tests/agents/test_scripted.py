"""Scripted answers that are no file, or no script: the run fails, and nothing is kept waiting."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.agents.runtime.abandonable import in_thread
from apps.agents.runtime.bridge import Bridge
from apps.agents.runtime.errors import Interrupted
from tests.agents.agents import FAILED, Agents, texts


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def without_a_writer(path: Path) -> None:
    os.mkfifo(path)


def large(path: Path) -> None:
    path.write_text("turns:\n  - text: Hello.\n" + "# more\n" * 200_000)


def deep(path: Path) -> None:
    path.write_text("turns: " + "[" * 20_000)


def latin(path: Path) -> None:
    path.write_bytes(b"turns:\n  - text: caf\xe9\n")


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (endless, "are no regular file"),
        (without_a_writer, "are no regular file"),
        (Path.mkdir, "are no regular file"),
        (large, "are larger than 1024 kB"),
        (deep, "is nested too deeply"),
        (latin, "is not text in UTF-8"),
    ],
)
def test_what_is_no_script_fails_the_run(
    agents: Agents, tmp_path: Path, make: Callable[[Path], None], complaint: str
) -> None:
    path = tmp_path / "script.yaml"
    make(path)
    run = agents.wait(agents.start(agents.agent(), f"scripted:{path}"))
    assert run.status.phase == FAILED
    assert run.status.error.endswith(f"{path} {complaint}")
    assert texts(run, 2) == []


def test_a_read_that_never_ends_keeps_no_run_from_being_interrupted() -> None:
    begun, never = threading.Event(), threading.Event()

    def read() -> None:
        begun.set()
        never.wait()

    def interrupt() -> None:
        begun.wait()
        bridge.interrupt()

    with Bridge() as bridge:
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(Interrupted):
            bridge.run(in_thread(read))
    never.set()


def test_what_a_thread_raises_is_raised_to_whoever_waits() -> None:
    with Bridge() as bridge, pytest.raises(FileNotFoundError):
        bridge.run(in_thread(Path("/no/such/file").stat))
    with Bridge() as bridge:
        assert bridge.run(in_thread(lambda: 7)) == 7
