"""What is shown of the events of a run, and how they are followed over a broken connection."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from apps.backends.base import NotFound, NotReady, Unreachable
from apps.backends.follower import Back, Follower, Lost
from apps.backends.kinds import BY_NAME
from apps.backends.local.launch import Status
from apps.backends.local.state import ComponentState, DaemonState
from apps.backends.resource import Resource
from apps.backends.run_kinds import kind_of_run
from apps.backends.runs import (
    MessageAdded,
    MessageEnded,
    MessagesDropped,
    OutputSet,
    Phase,
    PhaseChanged,
    RunEvent,
    TaskChanged,
    TextAppended,
    ToolCalled,
)
from apps.shared.durations import duration
from cli.outlet import Outlet
from cli.output import Console
from cli.runs import units
from cli.runs.lines import Lines
from cli.runs.outcome import what_next
from cli.runs.page import conversation, in_tree_order, workflow
from cli.runs.screen import Screen
from cli.runs.view import View, task_label
from cli.runs.words import NO_LAST_WORD, arguments_in_short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.runs import Change

RUN = "aex-01m84vtjb1p5003pehs82a2bad"


def events(*changes: Change) -> list[RunEvent]:
    return [RunEvent(number, 1000.0 + number, (change,)) for number, change in enumerate(changes, 1)]


def shown(capsys: pytest.CaptureFixture[str], *changes: Change) -> tuple[View, str, str]:
    """The view after `changes`, and what it wrote on stdout and stderr."""
    view = View(Screen(Console()))
    for event in events(*changes):
        view.show(event)
    view.finish()
    captured = capsys.readouterr()
    return view, captured.out, captured.err


def task(path: str, status: str, error: str = "", attempt: int = 1) -> TaskChanged:
    metadata = {"path": path, "attempt": attempt}
    return TaskChanged(f"{path}~{attempt}", path.rpartition("/")[2], status, "set", error, metadata=metadata)


def test_text_goes_to_stdout_and_what_was_asked_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    view, out, err = shown(
        capsys,
        PhaseChanged(Phase.IN_PROGRESS),
        MessageAdded(0, "human", "hello"),
        MessageAdded(1, "ai", "Good"),
        TextAppended(1, " day"),
        MessageEnded(1, {"input_tokens": 1200, "output_tokens": 34}),
        PhaseChanged(Phase.COMPLETED),
    )
    assert (out, err) == ("Good day\n", "")
    assert view.summary == "5.0 s, 1 turn, 1,200 tokens in, 34 out"


BROKEN_OFF = (
    MessageAdded(0, "ai", "Half an"),
    MessagesDropped(0),
    MessageAdded(0, "ai", "A whole"),
    TextAppended(0, " answer"),
)


def test_an_answer_that_broke_off_is_told_and_never_gets_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = shown(capsys, *BROKEN_OFF, MessageEnded(0))
    assert out == "A whole answer\n"
    assert err == "The answer broke off; it is asked for again.\n"


def test_what_was_said_before_a_run_failed_stays(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = shown(capsys, MessageAdded(0, "ai", "Half an"), PhaseChanged(Phase.FAILED, "it broke"))
    assert out == "Half an\n"


def test_a_person_sees_an_answer_grow_and_break_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)
    _, out, _ = shown(capsys, *BROKEN_OFF, MessageEnded(0))
    assert out == "Half an\nA whole answer\n"


def test_each_state_of_a_call_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    running = ToolCalled("1", "find", "running", {"a": 1, "b": "x" * 100}, started_at="2026-11-23T10:00:00.000Z")
    ended = ToolCalled(
        "1",
        "find",
        "failed",
        {"a": 1},
        error="no\nluck",
        started_at="2026-11-23T10:00:00Z",
        completed_at="2026-11-23T10:00:01.5Z",
    )
    _, out, err = shown(capsys, running, running, ended, ended)
    assert out == ""
    assert err == f'tool find a=1 b="{"x" * 38}…: started\ntool find a=1: failed in 1.5 s: no luck\n'


def test_iterations_are_counted_after_the_first_and_failures_always_told(capsys: pytest.CaptureFixture[str]) -> None:
    changes = [task(f"/loop[{number}]/set", "completed") for number in range(1000)]
    changes[500] = task("/loop[500]/set", "failed", "too much")
    _, _, err = shown(capsys, task("/loop", "in-progress"), *changes, task("/after", "completed", attempt=2))
    assert err.splitlines() == [
        "task loop: started",
        "task loop[0]/set: completed",
        "task loop[1]/set: completed",
        "task loop[2]/set: completed",
        "task loop[500]/set: failed: too much",
        "  loop[]/set: 996 more",
        "task after (attempt 2): completed",
    ]


def test_how_many_tasks_are_left_out_is_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    counts = [
        TaskChanged("~", f"{number} further states were not kept", "completed", metadata={"left_out": number})
        for number in (7, 12)
    ]
    _, _, err = shown(capsys, counts[0], task("/a", "completed"), counts[1])
    assert err == "task a: completed\n  12 further states were not kept\n"
    lines = Lines()
    assert [line[25:] for line in lines.of(events(counts[0])[0])] == ["run    7 further states were not kept"]


def test_output_and_end_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    view, _, _ = shown(capsys, OutputSet({"a": 1}), PhaseChanged(Phase.FAILED, "it broke"))
    assert (view.output, view.phase, view.error) == ({"a": 1}, Phase.FAILED, "it broke")


def test_what_a_run_waits_for_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    view = View(Screen(Console()))
    for what in ("Waiting for runner: starting", "Waiting for runner: starting", ""):
        view.waiting(what)
        view.tick()
    assert capsys.readouterr().err == "Waiting for runner: starting ...\n"


def test_a_terminal_gets_one_line_that_moves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)
    view = View(Screen(Console()))
    view.show(events(task("/ask", "in-progress"))[0])
    view.tick()
    view.show(events(task("/ask", "completed"))[0])
    moving, ended = capsys.readouterr().err.split("\r\x1b[2K")[1:]
    assert moving[1:].startswith(" ask  ")
    assert ended == "  ✓ ask  set\n"


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both streams are one terminal of 60 columns, without colours."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True)
        monkeypatch.setattr(sys, name, Outlet(getattr(sys, name)))
    for name, value in (("TERM", "xterm"), ("NO_COLOR", "1"), ("COLUMNS", "60")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CI", raising=False)


def test_a_line_about_a_step_fits_the_terminal_and_its_error_is_wrapped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)
    long = task(f"/{'loop' * 12}[0]/guard/try/fetch", "failed", "it did not answer " * 6)
    _, _, told = shown(capsys, long, ToolCalled("1", "find", "completed", {"what": "x" * 90, "why": "y" * 90}))
    lines = told.splitlines()
    assert lines[0].startswith("  ✗ …")
    assert lines[0].endswith("[0]/guard/try/fetch  set")
    assert lines[1].startswith("    it did not answer")
    assert lines[2].startswith("    ")
    assert lines[-1].startswith('  ✓ find what="xxx')
    assert max(map(len, lines)) == 60


def test_an_empty_line_stands_between_words_and_steps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)
    view = View(Screen(Console()))
    call = ToolCalled("1", "find", "completed")
    changes = (MessageAdded(0, "ai", "Let me see.\n\n"), call, MessageAdded(1, "ai", "Found."), task("/a", "failed"))
    told = []
    for event in events(*changes):
        view.show(event)
        captured = capsys.readouterr()
        told.append((captured.out, captured.err))
    view.screen.gap()
    view.screen.gap()
    assert told == [("Let me see.\n\n", ""), ("", "  ✓ find\n"), ("", "\n"), ("Found.\n", "\n  ✗ a  set\n")]
    assert capsys.readouterr().err == "\n"


def test_the_moving_line_names_the_innermost_task(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)
    view = View(Screen(Console()))
    for event in events(*(task(path, "in-progress") for path in ("/other", "/loop", "/loop[2]/fetch"))):
        view.show(event)
    view.tick()
    moving = capsys.readouterr().err.removeprefix("\r\x1b[2K")
    assert moving[1:].startswith(" loop[2]/fetch (+1 more)  ")


def test_tasks_are_listed_below_the_one_they_are_in() -> None:
    paths = [("/a", 1), ("/loop", 1), ("/end", 1), ("/loop[0]/x", 1), ("/loop[0]/x[0]/y", 1), ("/loop[1]/x", 1)]
    paths += [("/loop/z", 1), ("/a", 2), ("", 1)]
    records = in_tree_order([task(path, "completed", attempt=attempt) for path, attempt in paths])
    assert [task_label(record) for record in records] == [
        "a",
        "a (attempt 2)",
        "loop",
        "loop[0]/x",
        "loop[0]/x[0]/y",
        "loop[1]/x",
        "loop/z",
        "end",
        "",
    ]


def test_tasks_that_were_never_reached_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def told(*names: str) -> list[str]:
        changes = [task(f"/{name}", "skipped") for name in names]
        return shown(capsys, task("/a", "failed", "no"), *changes, PhaseChanged(Phase.FAILED, "no"))[2].splitlines()

    assert told() == ["task a: failed: no"]
    assert told("b") == ["task a: failed: no", "  skipped: b"]
    assert told(*"bcdefgh") == ["task a: failed: no", "  skipped: b, c, d, e, f and 2 more"]


def test_a_run_without_a_last_word_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = shown(
        capsys,
        PhaseChanged(Phase.IN_PROGRESS),
        MessageAdded(0, "human", "hello"),
        MessageAdded(1, "ai", ""),
        MessageAdded(2, "tool", "found"),
        MessageAdded(3, "ai", ""),
        MessagesDropped(3),
        PhaseChanged(Phase.COMPLETED),
    )
    assert (out, err.splitlines()[-1]) == ("", NO_LAST_WORD)
    kind = BY_NAME["AgentExecution"]
    message = kind.message_class()()
    message.status.phase = 3
    for speaker, text in ((1, "hello"), (2, "Let me see."), (3, "found")):
        message.status.messages.add(type=speaker, content=text)
    assert [*conversation(Resource(kind, message))][-1] == NO_LAST_WORD
    message.status.messages.add(type=2, content="Here it is.")
    assert [*conversation(Resource(kind, message))][-1].endswith("Here it is.")


def test_how_many_tasks_are_left_out_stands_below_the_table() -> None:
    kind = BY_NAME["WorkflowExecution"]
    message = kind.message_class()()
    for name, metadata in (("7 further states were not kept", {"left_out": 7}), ("a", {"path": "/a", "kind": "SET"})):
        record = message.status.tasks.add(task_id=name, task_name=name, status=3)
        record.metadata.update(metadata)
    (block,) = workflow(Resource(kind, message))
    assert block.splitlines() == [
        "TASK  KIND  STATUS     BEGAN  TOOK  REASON",
        "a     set   completed",
        "7 further states were not kept",
    ]


def test_what_failed_inside_is_not_told_again_outside() -> None:
    kind = BY_NAME["WorkflowExecution"]
    message = kind.message_class()()
    for path, error in (("/a", "no"), ("/a/try/b", "no"), ("/c", "no")):
        record = message.status.tasks.add(task_id=path, task_name=path, status=4, error=error)
        record.metadata.update({"path": path, "kind": "SET"})
    (block,) = workflow(Resource(kind, message))
    assert [line.split() for line in block.splitlines()[1:]] == [
        ["a", "set", "failed"],
        ["a/try/b", "set", "failed", "no"],
        ["c", "set", "failed", "no"],
    ]


def test_what_was_given_a_secret_is_not_started_by_its_id_again() -> None:
    kind = BY_NAME["WorkflowExecution"]
    message = kind.message_class()()
    message.metadata.id, message.spec.workflow_id, message.status.phase = RUN, "wfl-1", 4
    again = ("stigmer executions rerun", "stigmer run workflow/shop --input NAME=...")
    assert again[0] in what_next(Resource(kind, message), "shop")
    message.spec.trigger_metadata["key"] = "********"
    assert again[1] in what_next(Resource(kind, message), "shop")
    gone = what_next(Resource(kind, message), "wfl-1")
    assert "stigmer logs" in gone
    assert not any(command in gone for command in again)
    message.status.phase = 3
    assert what_next(Resource(kind, message), "shop") == ""


def test_log_lines_are_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    said = [
        line
        for event in events(
            MessageAdded(0, "human", "hello"),
            MessageAdded(1, "ai"),
            TextAppended(1, "one\ntw"),
            TextAppended(1, "o"),
            MessageAdded(2, "system", "was summarized"),
            TextAppended(2, "\n\nin"),
            TextAppended(2, " short"),
            MessageEnded(2, {"input_tokens": 7, "model": "m"}),
            task("/a", "completed"),
            OutputSet({"x": [1]}),
            PhaseChanged(Phase.CANCELLED, "cancelled: enough"),
        )
        for line in lines.of(event)
    ]
    assert [line[25:] for line in said] == [
        "human  hello",
        "ai     one",
        "system was summarized",
        "system",
        "ai     two",
        "system in short",
        "run    m read 7 tokens and wrote 0",
        "task   a: completed",
        'output {"x": [1]}',
        "run    cancelled: enough",
    ]
    assert said[0].startswith("1970-01-01T00:16:41.000Z ")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 ms"), (0.0124, "12 ms"), (3.44, "3.4 s"), (125, "2 m 5 s"), (3780, "1 h 3 m")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_arguments_stay_on_one_line() -> None:
    assert arguments_in_short({"text": "a\nb", "many": list(range(100))}).count("\n") == 0
    assert len(arguments_in_short({f"n{number}": "x" * 50 for number in range(9)})) == 100


class FlakyBackend:
    """Gives the events of `parts`, one part for each call; between them the connection breaks."""

    def __init__(self, *parts: list[RunEvent] | Exception) -> None:
        self.parts = list(parts)
        self.asked: list[int] = []

    def follow_run(self, _execution_id: str, *, after: int = 0, **_more: Any) -> Iterator[RunEvent]:
        self.asked.append(after)
        part = self.parts.pop(0)
        if isinstance(part, Exception):
            raise part
        yield from part
        if not (part and isinstance(part[-1].changes[0], PhaseChanged)):
            raise Unreachable("gone")


def follow(backend: Any, reconnect: Any, **more: Any) -> list[Any]:
    follower = Follower(backend, RUN, reconnect, **more)
    return [item for item in follower.events(tick_seconds=5.0) if item is not None]


def test_a_broken_stream_goes_on_where_it_broke() -> None:
    first, second, last = events(MessageAdded(0, "ai", "a"), TextAppended(0, "b"), PhaseChanged(Phase.COMPLETED))
    backend = FlakyBackend([first], [second], [last])
    answers = iter([None, Unreachable("not yet"), backend, backend])

    def reconnect() -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert follow(backend, reconnect) == [first, Lost(), Back(), second, Lost(), Back(), last]
    assert backend.asked == [0, 1, 2]


def test_a_server_without_room_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.backends.follower.ROOM_SECONDS", 0.0)
    first, last = events(MessageAdded(0, "ai", "a"), PhaseChanged(Phase.COMPLETED))
    full = NotReady("256 streams are open already")
    backend = FlakyBackend(full, full, full, [first, last])
    assert follow(backend, lambda: backend) == [
        Lost("256 streams are open already; waiting until that is over"),
        Back(),
        first,
        last,
    ]
    with pytest.raises(NotReady, match="256 streams"):
        follow(FlakyBackend(full), lambda: None, away_seconds=0.0)


def test_a_server_that_stays_away_is_given_up() -> None:
    with pytest.raises(Unreachable, match="the server stopped") as raised:
        follow(FlakyBackend([]), lambda: None, away_seconds=0.0)
    assert raised.value.hint == f"stigmer server start && stigmer executions follow {RUN}"


def test_what_the_server_refuses_is_raised() -> None:
    with pytest.raises(NotFound):
        follow(FlakyBackend(NotFound("no such run")), lambda: None)


def state(*, hint: str = "mend it", **units_by_name: str) -> Status:
    components = tuple(ComponentState(name, word, reason="no room", hint=hint) for name, word in units_by_name.items())
    daemon = DaemonState(1, "", 0.0, 0.0, "0.1.0", "/d", "", "", "ready", components)
    return Status(running=True, state=daemon)


@pytest.mark.parametrize(
    ("run", "status", "sentence", "has_failed"),
    [
        (RUN, state(runner="STARTING"), "runner: no room", False),
        (RUN, state(runner="FAILED"), "runner has failed: no room", True),
        (RUN, state(runner="READY"), "runner, which has not come to it yet", False),
        (RUN, state(api="READY"), "this server runs no runner", True),
        (RUN, Status(running=False, state=None), "the server", False),
        ("wex-1", state(temporal="BACKOFF", worker="STARTING"), "temporal: no room", False),
        ("wex-1", state(temporal="EXTERNAL", worker="STARTING"), "worker: no room", False),
        ("wex-1", state(worker="READY"), "worker, which has not come to it yet", False),
    ],
)
def test_the_unit_that_a_run_waits_for_is_named(
    monkeypatch: pytest.MonkeyPatch, run: str, status: Status, sentence: str, has_failed: bool
) -> None:
    monkeypatch.setattr("apps.backends.local.launch.status", lambda _settings: status)
    config: Any = type("Config", (), {"local": None})()
    missing = units.missing_unit(config, kind_of_run(run))
    assert (missing.sentence, missing.has_failed) == (sentence, has_failed)


@pytest.mark.parametrize(
    ("status", "is_coming"),
    [
        (state(hint="", temporal="BACKOFF"), True),
        (state(hint="", temporal="STARTING"), True),
        (state(temporal="BACKOFF"), False),
        (state(hint="", temporal="FAILED"), False),
        (Status(running=False, state=None), True),
    ],
)
def test_a_unit_that_is_started_again_is_waited_for_unless_somebody_has_to_act(
    monkeypatch: pytest.MonkeyPatch, status: Status, is_coming: bool
) -> None:
    monkeypatch.setattr("apps.backends.local.launch.status", lambda _settings: status)
    config: Any = type("Config", (), {"local": None})()
    assert units.missing_unit(config, "WorkflowExecution").is_coming is is_coming
