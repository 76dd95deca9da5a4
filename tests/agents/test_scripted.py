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
from apps.agents.runtime.models.base import Human, ModelError, ModelRequest
from apps.agents.runtime.models.scripted import WAY_OUT, ScriptedModel
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


async def first_of(path: Path) -> object:
    return await anext(ScriptedModel(path).stream(ModelRequest("", (Human("hi"),))))


def written(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


BOMB = "a: &a [x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c]\n"


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (endless, "are no regular file"),
        (without_a_writer, "are no regular file"),
        (Path.mkdir, "are no regular file"),
        (large, "are larger than 1024 kB"),
        (deep, "are nested too deeply"),
        (latin, "are not text in UTF-8"),
        (lambda _path: None, "cannot be read: No such file or directory"),
        (lambda path: path.symlink_to("/proc/self/mem"), "cannot be read: "),
        (lambda path: path.symlink_to(path.name), "cannot be read: Too many levels of symbolic links"),
        (written("turns: [{text: \0}]"), "are not valid YAML: "),
        (written(BOMB + "turns: [{text: *d}]"), "need text for the `text` of a turn"),
        (written(BOMB + "turns: [{calls: [{name: a, arguments: [*d, *d, *d, *d, *d]}]}]"), "have a call with more th"),
        (
            written("turns: [{text: hi, chunk_delay_seconds: soon}]"),
            "need a number of 0 or more for the `chunk_delay_s",
        ),
        (written("turns: [{calls: [{name: 5}]}]"), "need text for the `name` of a call"),
    ],
)
def test_what_is_no_script_is_refused(tmp_path: Path, make: Callable[[Path], object], complaint: str) -> None:
    path = tmp_path / "script.yaml"
    make(path)
    with Bridge() as bridge, pytest.raises(ModelError) as caught:
        bridge.run(first_of(path))
    assert str(caught.value).startswith(f"the scripted answers {path} {complaint}")
    assert caught.value.hint == WAY_OUT


def test_what_can_only_be_waited_at_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As /proc/kmsg, which only root may open: it says that it is a file, and has nothing to read yet."""
    read, write = os.pipe2(os.O_NONBLOCK)
    path = tmp_path / "script.yaml"
    path.touch()
    monkeypatch.setattr("apps.agents.runtime.models.scripted.os.open", lambda *_: read)
    monkeypatch.setattr("apps.agents.runtime.models.scripted._refuse_what_is_no_file", lambda *_: None)
    with Bridge() as bridge, pytest.raises(ModelError, match="there is nothing to read until somebody writes"):
        bridge.run(first_of(path))
    os.close(write)


def test_what_is_no_script_fails_the_run(agents: Agents, tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.mkdir()
    run = agents.wait(agents.start(agents.agent(), f"scripted:{path}"))
    assert run.status.phase == FAILED
    assert run.status.error.endswith(f"{path} are no regular file. {WAY_OUT}")
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
