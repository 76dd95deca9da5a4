"""Ctrl-C while the classes of generated modules are made."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from apps.backends.fast_imports import uninterrupted

# Presses Ctrl-C at each name that a generated module gets.
PRESSED = """
import signal
from apps.backends.fast_imports import load_protobuf
load_protobuf()
from google.protobuf.internal import builder
made = []

class Pressing(dict):
    def __setitem__(self, name, value):
        made.append(name)
        signal.raise_signal(signal.SIGINT)
        super().__setitem__(name, value)

from stigmer_proto.controlplane.v1 import batch_pb2
module = Pressing()
try:
    builder.BuildTopDescriptorsAndMessages(batch_pb2.DESCRIPTOR, "batch", module)
except KeyboardInterrupt:
    print(len(made) == len(module) > 3)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_comes_when_it_is_over(number: signal.Signals) -> None:
    done: list[str] = []

    @uninterrupted
    def act(word: str) -> None:
        signal.raise_signal(number)
        done.append(word)

    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            act("whole")
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
    assert done == ["whole"]


def test_a_handler_of_somebody_else_stays() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        uninterrupted(signal.raise_signal)(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert came == [signal.SIGINT]


def test_other_threads_are_left_alone() -> None:
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(uninterrupted(lambda: 3)()))
    thread.start()
    thread.join()
    assert answers == [3]


def test_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError):
        uninterrupted(lambda: 1 / 0)()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_generated_modules_are_made_whole() -> None:
    done = subprocess.run([sys.executable, "-c", PRESSED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
