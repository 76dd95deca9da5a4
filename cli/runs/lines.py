"""What happened in a run, as lines of a log: time, who, what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, assert_never

from apps.backends.runs import (
    MessageAdded,
    MessageEnded,
    MessagesDropped,
    OutputSet,
    PhaseChanged,
    SignalChanged,
    TaskChanged,
    TextAppended,
    ToolCalled,
    WaitingChanged,
)
from apps.shared.numbers import whole_numbers
from cli.output import one_line
from cli.runs.view import is_count_of_left_out, task_label
from cli.runs.words import (
    arguments_in_short,
    ending,
    in_words,
    moment,
    shortened,
    signal_in_words,
    took,
    waiting_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.runs import Change, RunEvent

# Longest word of who.
ROOM = 6
RESULT_SHOWN = 200
# Who may say more later: an agent, and the system when it has a model summarize.
STREAMED = ("ai", "system")
Entry = tuple[str, str]


class Lines:
    """Turns events into lines. Text that streams in portions is told line by line, when a line is whole."""

    def __init__(self) -> None:
        self._speakers: dict[int, str] = {}
        self._open: dict[int, tuple[float, str]] = {}

    def of(self, event: RunEvent) -> Iterator[str]:
        """The lines that `event` completes."""
        for change in event.changes:
            match change:
                case MessageAdded(speaker="tool"):
                    # Its tool call tells the same.
                    self._speakers[change.index] = change.speaker
                case MessageAdded():
                    self._speakers[change.index] = change.speaker
                    yield from self._grown(change.index, change.text, event.at)
                case TextAppended():
                    yield from self._grown(change.index, change.text, event.at)
                case _:
                    yield from self.rest()
                    yield from (line(event.at, who, what) for who, what in entries_of(change))

    def rest(self) -> Iterator[str]:
        """What of messages has not been told yet, because its line is not whole."""
        for index in list(self._open):
            at, text = self._open.pop(index)
            yield line(at, self._who(index), text)

    def _grown(self, index: int, text: str, at: float) -> Iterator[str]:
        began, before = self._open.pop(index, (at, ""))
        *whole, last = (before + text).split("\n")
        for part in whole:
            yield line(began, self._who(index), part)
            began = at
        if last:
            self._open[index] = (began, last)
            if self._who(index) not in STREAMED:
                yield from self.rest()

    def _who(self, index: int) -> str:
        return self._speakers.get(index) or "ai"


def line(at: float, who: str, what: str) -> str:
    """`2026-11-23T19:22:44.123Z tool   find_order: completed in 12 ms`."""
    when = datetime.fromtimestamp(at, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z {who:<{ROOM}} {one_line(what)}".rstrip()


def entries_of(change: Change) -> Iterator[Entry]:
    """Who and what of a change that is no text."""
    match change:
        case PhaseChanged() | WaitingChanged() | SignalChanged() | MessagesDropped():
            yield "run", standing(change)
        case ToolCalled():
            yield "tool", call(change)
        case TaskChanged() if is_count_of_left_out(change):
            yield "run", change.name
        case TaskChanged():
            yield "task", f"{task_label(change)}: {step(change)}"
        case OutputSet():
            import json

            yield "output", json.dumps(whole_numbers(change.output), ensure_ascii=False)
        case MessageEnded():
            tokens = [change.metadata.get(name) for name in ("input_tokens", "output_tokens")]
            if any(tokens):
                model = change.metadata.get("model", "the model")
                yield "run", f"{model} read {tokens[0] or 0:,} tokens and wrote {tokens[1] or 0:,}"
        case MessageAdded() | TextAppended():
            return  # told line by line, as they grow
        case _:
            assert_never(change)


def standing(change: PhaseChanged | WaitingChanged | SignalChanged | MessagesDropped) -> str:
    """Where the run stands now."""
    match change:
        case PhaseChanged():
            return ending(in_words(change.phase.value), change.error)
        case WaitingChanged():
            return waiting_in_words(change)
        case SignalChanged():
            return signal_in_words(change)
        case MessagesDropped():
            return "the answer broke off and is asked for again"


def call(change: ToolCalled) -> str:
    """Arguments when a call begins, its result when it has ended."""
    if change.status in ("pending", "running"):
        return f"{change.name} {arguments_in_short(change.arguments)}: {change.status}"
    result = f" -> {shortened(change.result, RESULT_SHOWN)}" if change.result else ""
    return f"{change.name}: {step(change)}{result}"


def step(change: ToolCalled | TaskChanged) -> str:
    """`completed in 12 ms`, `failed: why`."""
    time_taken = took(moment(change.started_at), moment(change.completed_at))
    return (
        in_words(change.status)
        + (f" in {time_taken}" if time_taken else "")
        + (f": {change.error}" if change.error else "")
    )
