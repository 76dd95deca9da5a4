"""Batches: `run --batch`, going on with one that was left, and once more what failed."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from apps.backends.batches.driver import Ended
from apps.backends.batches.lines import BadLine, read_lines
from apps.backends.runs import Phase
from cli.batches.batch import conclude
from cli.batches.summary import Summary
from cli.errors import CliError
from cli.output import Console, Format
from tests.support.daemon import wait_until
from tests.support.runs import deploy_agent, write_answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Done, Installation

BATCH = "stigmer.ai/batch"
WORKFLOW = """\
from typing import TypedDict

from stigmer import Workflow


class Given(TypedDict):
    n: int


Workflow(name="doubles", namespace="tests", description="Doubles", input=Given).set("report", twice="${ $input.n * 2 }")
"""


@pytest.fixture(scope="module")
def doubles(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a workflow whose input is a number."""
    project = tmp_path_factory.mktemp("doubles")
    (project / "Stigmer.yaml").write_text("name: doubles\nruntime: python\n")
    (project / "main.py").write_text(WORKFLOW)
    done = running.run("apply", cwd=project)
    assert done.code == 0, done.stderr
    return "doubles"


def name_of(done: Done) -> str:
    """Of the batch that a command tells of."""
    return next(line for line in done.stderr.splitlines() if line.startswith("Batch ")).split()[1].rstrip(":")


def listed(running: Installation, batch: str) -> list[str]:
    return running.run("executions", "list", "-l", f"{BATCH}={batch}", "-o", "name").stdout.split()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", b'\xef\xbb\xbf{"a": 1}\n\n{"a": [2]}', [(1, {"a": 1}), (3, {"a": [2]})]),
        ("a.jsonl", b'{"a": 1}\n[1]\n{"a":\n\xff\n', [(1, {"a": 1}), (2, "object"), (3, "is not JSON"), (4, "UTF-8")]),
        ("a.jsonl", b'{"a": 9007199254740993}\n', [(1, "would lose digits")]),
        ("a.jsonl", b'{"a": ["\\u0000"]}\n{"a": "\\ud83d"}', [(1, "character NUL"), (2, "half of a character")]),
        ("a.csv", b"a\nx\0y\n2\n", [(2, "has the character NUL (U+0000) in it"), (3, {"a": "2"})]),
        ("a.csv", b'\xef\xbb\xbfa,b\n1,\n\n"x\ny",2\n', [(2, {"a": "1"}), (5, {"a": "x\ny", "b": "2"})]),
        ("a.csv", b"a,b\n1\n1,2,3\n4,5\n", [(2, "has 1 cell,"), (3, "3 cells"), (4, {"a": "4", "b": "5"})]),
        ("a.csv", b"a,a\n1,2\n", [(1, "'a' twice")]),
        ("a.csv", b"a,\n1,2\n", [(1, "no name")]),
        ("a.csv", b'a\n1\n"x\n', [(2, {"a": "1"}), (3, "no row of CSV")]),
        ("a.csv", b"a\n1\n\xff\n2\n", [(2, {"a": "1"}), (3, "UTF-8")]),
    ],
)
def test_lines_are_known_by_their_numbers(
    tmp_path: Path, name: str, content: bytes, expected: list[tuple[int, object]]
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    found = [*read_lines(file)]
    assert [each.number for each in found] == [number for number, _ in expected]
    for each, (_, wanted) in zip(found, expected, strict=True):
        if isinstance(each, BadLine):
            assert isinstance(wanted, str)
            assert wanted in str(each)
        else:
            assert {**each.values, **each.texts} == wanted


def test_a_line_is_a_run_and_its_result_a_line(running: Installation, doubles: str, tmp_path: Path) -> None:
    file = tmp_path / "n.csv"
    file.write_text("n\n" + "".join(f"{number}\n" for number in range(1, 8)))
    done = running.run("run", doubles, "--batch", str(file), "--parallel", "3", "-o", "jsonl")
    assert done.code == 0, done.stderr
    results = {each["line"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert {line: each["output"] for line, each in results.items()} == {
        line: {"twice": 2 * (line - 1)} for line in range(2, 9)
    }
    assert {each["phase"] for each in results.values()} == {"completed"}
    batch = name_of(done)
    assert f"Batch {batch}: 7 runs, 3 at a time" in done.stderr
    assert sorted(listed(running, batch)) == sorted(each["execution"] for each in results.values())
    mended = running.run("executions", "rerun", "--failed", batch)
    assert (mended.code, mended.stderr) == (0, f"Nothing of the batch {batch} has failed.\n")


def test_a_broken_line_is_named_and_nothing_is_started(running: Installation, doubles: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_text('{"n": 1}\n{"n": "x"}\n{"m": 1}\nnothing\n')
    before = running.run("executions", "list", "--workflow", doubles, "-o", "name").stdout
    done = running.run("run", doubles, "--batch", str(file))
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[:4] == [
        f"error: {file}: 3 lines cannot be run; nothing was started",
        "  line 2: n: must be a whole number, got text",
        "  line 3: m: is not declared; what is: n; n: is required",
        "  line 4: is not JSON: Expecting value: line 1 column 1 (char 0)",
    ]
    assert running.run("executions", "list", "--workflow", doubles, "-o", "name").stdout == before


def test_failures_are_grouped_and_mended(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "batch-clerk")
    script, file = tmp_path / "model.yaml", tmp_path / "messages.csv"
    script.write_text('{"turns": [{"when": "good", "text": "Fine."}]}')
    file.write_text("message\ngood 1\nbad 2\nbad 3\ngood 4\n")
    done = running.run("run", "batch-clerk", "--batch", str(file), "--model", f"scripted:{script}")
    assert done.code == 1
    batch = name_of(done)
    headers, *groups = done.stdout.splitlines()
    assert headers.split() == ["COUNT", "LINES", "FIRST", "ERROR"]
    (group,) = groups
    assert group.startswith("2      3, 4")
    assert "has no turn for the message" in group
    assert done.stderr.endswith(
        f"error: 2 of 4 runs did not complete\n\nhint: stigmer executions rerun --failed {batch}\n"
    )
    write_answers(script, "Mended.")
    mended = running.run("executions", "rerun", "--failed", batch, "-o", "jsonl")
    assert mended.code == 0, mended.stderr
    results = sorted(map(json.loads, mended.stdout.splitlines()), key=lambda each: each["line"])
    assert [(each["line"], each["output"]) for each in results] == [(3, "Mended."), (4, "Mended.")]
    assert len(listed(running, batch)) == 6
    assert "has failed" in running.run("executions", "rerun", "--failed", batch).stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_batch_that_is_told_to_end_starts_nothing_more_and_the_rest_can_follow(
    running: Installation, tmp_path: Path, number: signal.Signals
) -> None:
    deploy_agent(running, tmp_path, "left-clerk")
    script, file = tmp_path / "model.yaml", tmp_path / "messages.jsonl"
    write_answers(script, {"text": "word " * 4000, "chunk_delay_seconds": 0.2})
    file.write_text("".join(f'{{"message": "number {number}"}}\n' for number in range(5)))
    arguments = ("run", "left-clerk", "--batch", str(file), "--parallel", "2", "--model", f"scripted:{script}")
    process = running.start(*arguments)
    assert process.stderr is not None
    batch = process.stderr.readline().split()[1].rstrip(":")
    wait_until(lambda: len(listed(running, batch)) == 2, "two runs")
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "0 of 5 done; 2 under way go on, and nothing more is started." in stderr
    assert f"  stigmer {' '.join(arguments)} --resume {batch}\n" in stderr
    first = listed(running, batch)
    for run in first:
        assert running.run("executions", "cancel", run).code == 0
    write_answers(script, "At last.")
    rest = running.run(*arguments, "--resume", batch, "-o", "jsonl")
    results = {each["line"]: each for each in map(json.loads, rest.stdout.splitlines())}
    assert rest.code == 1
    assert {line: each["phase"] for line, each in results.items()} == {
        1: "cancelled",
        2: "cancelled",
        **dict.fromkeys((3, 4, 5), "completed"),
    }
    assert {results[line]["execution"] for line in (1, 2)} == set(first)
    assert len(listed(running, batch)) == 5


def test_a_terminal_sees_the_counts_move(running: Installation, doubles: str, tmp_path: Path) -> None:
    file = tmp_path / "n.csv"
    file.write_text("n\n1\n2\n")
    code, seen = running.run_on_terminal("run", doubles, "--batch", str(file))
    assert code == 0
    assert "0 of 2 done" in seen
    assert "2 completed in " in seen


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("run", "doubles", "--batch", "n.txt"), "must end with .jsonl or .csv"),
        (("run", "doubles", "--batch", "missing.csv"), "there is no file"),
        (("run", "--batch", "n.csv"), "--batch needs a NAME"),
        (("run", "doubles", "--batch", "n.csv", "--no-follow"), "exclude each other"),
        (("run", "doubles", "--batch", "n.csv", "-o", "json"), "--output jsonl"),
        (("run", "doubles", "-o", "jsonl"), "is for --batch"),
        (("executions", "rerun"), "name executions, or a batch"),
        (("executions", "rerun", "wex-1", "--failed", "b"), "name executions, or a batch"),
    ],
)
def test_what_makes_no_batch_is_refused(
    running: Installation, doubles: str, arguments: tuple[str, ...], complaint: str
) -> None:
    del doubles
    done = running.run(*arguments)
    assert done.code == 2
    assert complaint in done.stderr


def test_a_batch_that_nobody_knows_is_not_found(running: Installation, doubles: str, tmp_path: Path) -> None:
    file = tmp_path / "n.csv"
    file.write_text("n\n1\n")
    for arguments in (("executions", "rerun", "--failed"), ("run", doubles, "--batch", str(file), "--resume")):
        done = running.run(*arguments, "nothing")
        assert (done.code, done.stderr.splitlines()[0]) == (4, "error: no run belongs to a batch 'nothing'")
    assert listed(running, "nothing") == []


def test_the_way_out_is_one_that_works() -> None:
    """A line that was refused has no run to repeat, and a batch of nothing else is none."""
    summary, go_on = Summary(3), "stigmer run x --batch f.csv --resume b"

    def hint() -> str:
        with pytest.raises(CliError) as caught:
            conclude(Console(), summary, "b", Format.NAME, go_on)
        return caught.value.hint

    summary.add(Ended(1, error="the disk is full"))
    assert hint() == "stigmer run x --batch f.csv"
    summary.add(Ended(2, "wex-1", Phase.COMPLETED))
    assert hint() == go_on
    summary.add(Ended(3, "wex-2", Phase.FAILED, "no"))
    assert hint() == "stigmer executions rerun --failed b"
