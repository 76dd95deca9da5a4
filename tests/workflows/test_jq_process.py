"""The process that runs jq is limited, replaced when it dies, and sees nothing."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from apps.workflows.expressions import EvaluationFailed, JqProcess


@pytest.fixture
def process() -> Iterator[JqProcess]:
    with JqProcess(seconds=60, memory_bytes=160 * 2**20, result_bytes=2**20) as process:
        yield process


def test_it_answers(process: JqProcess) -> None:
    assert process.evaluate(".a + 1", '{"a": 1}') == 2


def test_numbers_that_are_only_moved_keep_their_digits(process: JqProcess) -> None:
    document = '{"id": 1234567890123456789, "one": 1.0, "e": 1e3, "large": 1E400, "long": %s}' % ("9" * 400)
    moved = process.evaluate("[.id, .one, .e, .large, .long, nan, infinite]", document)
    largest = 1.7976931348623157e308
    assert moved == [1234567890123456789, 1, 1000, largest, int("9" * 400), None, largest]
    assert [type(number) for number in moved[:3]] == [int, int, int]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("[range(1e9)]", "more than 160 MB"),
        ("def grow: [., .] | grow; grow", "more than 160 MB"),
        ('"x" * 1e6 * 2', "2,000,002 bytes, at most 1,048,576"),
        ('[limit(9; repeat("x" * 200000))]', "bytes, at most 1,048,576"),
        ("reduce range(5000) as $i (0; [.])", "nested too deeply"),
        (".a.b", "Cannot index number"),
        (".a |", "syntax error"),
        ("$unknown", "$unknown is not defined"),
        ('error("because")', "because"),
        ('error({"a": 1})', "a"),
    ],
)
def test_what_goes_wrong_is_a_reason_and_the_next_answer_is_right(
    process: JqProcess, program: str, reason: str
) -> None:
    with pytest.raises(EvaluationFailed) as caught:
        process.evaluate(program, '{"a": 1}')
    assert reason in str(caught.value)
    assert process.evaluate(".a", '{"a": 1}') == 1


@pytest.mark.parametrize("program", ["last(repeat(1))", "def f: f; f", "[range(1e9)] | length"])
def test_what_takes_too_long_is_ended(program: str) -> None:
    with JqProcess(seconds=0.2, memory_bytes=2**32) as process:
        with pytest.raises(EvaluationFailed, match=r"longer than 0\.2 s"):
            process.evaluate(program, "null")
        assert process.evaluate("1", "null") == 1


def test_time_that_a_busy_machine_gave_to_others_does_not_count() -> None:
    with JqProcess(seconds=0.2) as process:
        process.check(".")
        assert process._child is not None
        pid = process._child.pid
        os.kill(pid, signal.SIGSTOP)
        later = threading.Timer(0.5, os.kill, (pid, signal.SIGCONT))
        later.start()
        assert process.evaluate(". + 1", "1") == 2
        later.join()


def test_it_is_started_again_when_it_died(process: JqProcess) -> None:
    assert process.evaluate("1", "null") == 1
    assert process._child is not None
    first = process._child.pid
    os.kill(first, signal.SIGKILL)
    with pytest.raises(EvaluationFailed):
        process.evaluate("1", "null")
    assert process.evaluate("1", "null") == 1
    assert process._child.pid != first


def test_it_sees_no_environment_and_no_files(process: JqProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "secret")
    assert process.evaluate("env", "null") == {}
    assert process.evaluate("$ENV", "null") == {}
    with pytest.raises(EvaluationFailed):
        process.evaluate('import "passwd" as $x {search: "/etc"}; $x', "null")
    with pytest.raises(EvaluationFailed):
        process.evaluate("input", "null")


def test_values_survive_the_journey(process: JqProcess) -> None:
    assert process.evaluate(".", '[0.1, 1e300, "\\u0000 \\ud83d\\ude00 \u00e9", null, 9007199254740992]') == [
        0.1,
        1e300,
        "\x00 \U0001f600 \u00e9",
        None,
        2**53,
    ]
    assert process.evaluate("[nan, infinite]", "null") == [None, 1.7976931348623157e308]
    assert process.evaluate("empty", "null") is None


def test_threads_take_turns(process: JqProcess) -> None:
    answers: list[int] = []

    def ask(number: int) -> None:
        answers.extend(process.evaluate(f". + {number}", "0") for _ in range(50))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(list(range(4)) * 50)


def test_the_child_goes_when_its_parent_closes(process: JqProcess) -> None:
    process.check(".")
    child = process._child
    assert child is not None
    assert process._socket is not None
    process._socket.close()
    assert child.wait(timeout=10) == 0
