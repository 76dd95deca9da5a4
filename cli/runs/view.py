"""A run as people watch it: text as it streams, a line for each tool call and each task.

On a terminal what goes on is one moving line and what has ended a line that stays; in a pipe both
beginning and end are plain lines.
"""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING, Any, assert_never

from apps.backends.runs import (
    MessageAdded,
    MessageEnded,
    MessagesDropped,
    OutputSet,
    Phase,
    PhaseChanged,
    SignalChanged,
    TaskChanged,
    TextAppended,
    ToolCalled,
    WaitingChanged,
)
from apps.shared.counts import counted
from apps.shared.durations import duration
from cli.output import DIM, GREEN, RED, fit, one_line, paint
from cli.runs.words import (
    NO_LAST_WORD,
    arguments_in_short,
    in_words,
    indented,
    moment,
    signal_in_words,
    the_end_of,
    took,
    waiting_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.runs import Change, RunEvent
    from cli.runs.screen import Screen

# Of a task inside a loop, so many iterations are told one by one; the rest is counted.
ITERATIONS_SHOWN = 3
TASKS_NAMED = 5
"""Of those that were not reached."""
ITERATION = re.compile(r"\[\d+\]")
INDENT = "  "
SHORTEST_LABEL = 12
SIGNS = {"completed": ("✓", GREEN), "failed": ("✗", RED), "skipped": ("-", DIM)}


class View:
    """Takes the events of one run and shows them. What it has learned at the end is in its attributes."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.phase = Phase.PENDING
        self.error = ""
        self.output: Any = None  # a workflow's: what JSON can hold
        self.turns = 0
        self.tokens = {"input_tokens": 0, "output_tokens": 0}
        self.begun_at = self.ended_at = 0.0
        self._speakers: list[str] = []
        self._texts: list[str] = []
        self._active: dict[str, tuple[str, float]] = {}
        self._told: dict[str, str] = {}
        self._loops: dict[str, list[int]] = {}
        self._waits_for = self._left_out = ""
        self._is_paused = False
        self._unreached: list[str] = []

    def show(self, event: RunEvent) -> None:
        """Show what `event` says."""
        for change in event.changes:
            self._show(change, event.at)

    def _show(self, change: Change, at: float) -> None:
        match change:
            case PhaseChanged():
                self._phase(change, at)
            case MessageAdded():
                self._message(change)
            case TextAppended():
                self._print_text(change.index, change.text)
            case MessageEnded():
                self._ended(change)
            case MessagesDropped():
                self._dropped(change)
            case ToolCalled():
                self._tool(change)
            case TaskChanged():
                self._task(change)
            case WaitingChanged() | SignalChanged():
                self._outside(change)
            case OutputSet():
                self.output = change.output
            case _:
                assert_never(change)

    def waiting(self, what: str) -> None:
        """Nothing happens because of `what`: said once in a pipe, moving on a terminal."""
        if what and what != self._waits_for and not self.screen.live:
            self.screen.console.print(f"{what} ...")
        self._waits_for = what

    def tick(self) -> None:
        """Time has passed: move what moves."""
        if self._waits_for:
            self.screen.moving(self._waits_for)
        elif self._active:
            *others, (label, since) = self._active.values()
            # The tasks that this one is in are named by its own path.
            beside = sum(not label.startswith(other) for other, _ in others)
            more = f" (+{beside} more)" if beside else ""
            self.screen.moving(f"{label}{more}  {int(max(0.0, time.time() - since))} s")
        elif self._is_paused:
            self.screen.still()
        elif self.phase is Phase.IN_PROGRESS:
            self.screen.moving(f"working  {int(max(0.0, time.time() - self.begun_at))} s")

    def finish(self) -> None:
        """No more events will come."""
        self._print_iterations()
        if self._unreached:
            self.screen.note(f"{INDENT}skipped: {some_of(self._unreached)}")
        if self._left_out:
            self.screen.note(f"{INDENT}{self._left_out}")
        self.screen.still()
        self.screen.end_text()

    @property
    def has_done_something(self) -> bool:
        """Whether anything was said, called or begun."""
        return bool(self._told or self.turns or any(self._texts))

    @property
    def summary(self) -> str:
        """`1.2 s, 2 turns, 310 tokens in, 24 out`, as far as known."""
        parts = []
        if self.begun_at and self.ended_at:
            parts.append(duration(self.ended_at - self.begun_at))
        if self.turns:
            parts.append(counted(self.turns, "turn"))
        if any(self.tokens.values()):
            parts.append(f"{self.tokens['input_tokens']:,} tokens in, {self.tokens['output_tokens']:,} out")
        return ", ".join(parts)

    def _phase(self, change: PhaseChanged, at: float) -> None:
        self.phase, self.error = change.phase, change.error
        self._waits_for = ""
        if change.phase is Phase.IN_PROGRESS:
            self.begun_at = at
        elif change.phase.is_terminal:
            self.ended_at = at
            if change.phase is Phase.COMPLETED and self._speakers and self._speakers[-1] == "tool":
                self.screen.note(NO_LAST_WORD)

    def _outside(self, change: WaitingChanged | SignalChanged) -> None:
        """Somebody has told the run something."""
        if isinstance(change, SignalChanged):
            self.screen.note(f"{INDENT}{signal_in_words(change)}")
            return
        self.screen.note(waiting_in_words(change))
        self._is_paused = bool(change.waiting)

    def _message(self, change: MessageAdded) -> None:
        del self._speakers[change.index :], self._texts[change.index :]
        self._speakers.append(change.speaker)
        self._texts.append("")
        if change.speaker == "system" and change.text:
            self.screen.note(one_line(change.text))
        self._print_text(len(self._texts) - 1, change.text)

    def _print_text(self, index: int, text: str) -> None:
        if not (text and index < len(self._texts) and self._speakers[index] == "ai"):
            return
        self._texts[index] += text
        self.screen.text(text)

    def _ended(self, change: MessageEnded) -> None:
        self.screen.end_text()
        self.turns += 1
        for name in self.tokens:
            self.tokens[name] += int(change.metadata.get(name) or 0)

    def _dropped(self, change: MessagesDropped) -> None:
        if any(self._texts[change.index :]):
            self.screen.drop_text()
            self.screen.note("The answer broke off; it is asked for again.")
        del self._speakers[change.index :], self._texts[change.index :]
        self._active.clear()

    def _tool(self, call: ToolCalled) -> None:
        self.screen.end_text()
        label = f"{call.name} {arguments_in_short(call.arguments)}".rstrip()
        self._step(f"tool {call.id}", label, call, noun="tool")

    def _task(self, task: TaskChanged) -> None:
        if is_count_of_left_out(task):
            self._left_out = task.name
            return
        self._step(f"task {task.id}", task_label(task), task, noun="task")

    def _step(self, key: str, label: str, step: ToolCalled | TaskChanged, *, noun: str) -> None:
        """A tool call or task: it begins, goes on, or has ended. Told once for each of these."""
        if self._told.get(key) == step.status:
            return
        began = key not in self._told
        self._told[key] = step.status
        if began and step.status == "skipped":
            self._unreached.append(label)  # there may be hundreds when a run fails: summed up at its end
        elif step.status in SIGNS:
            self._active.pop(key, None)
            if step.status == "failed" or not self._is_one_of_many(label):
                self._print_end(label, step, noun)
        elif step.status in ("running", "in-progress"):
            self._active[key] = (label, moment(step.started_at) or time.time())
            if not self.screen.live and began and not ITERATION.search(label):
                self.screen.note(f"{noun} {label}: started")

    def _print_end(self, label: str, step: ToolCalled | TaskChanged, noun: str) -> None:
        time_taken = took(moment(step.started_at), moment(step.completed_at))
        if not self.screen.live:
            why = f": {one_line(step.error)}" if step.error else ""
            self.screen.note(f"{noun} {label}: {step.status}{f' in {time_taken}' if time_taken else ''}{why}")
            return
        sign, colour = SIGNS[step.status]
        kind = f"  {in_words(step.kind.replace('_', '-'))}" if isinstance(step, TaskChanged) and step.kind else ""
        rest = f"{kind}  {time_taken}".rstrip()
        room = max(SHORTEST_LABEL, self.screen.columns - len(INDENT) - len(sign) - 1 - len(rest))
        # Of a task the end of its path matters most, of a call its name.
        label = the_end_of(label, room) if isinstance(step, TaskChanged) else fit(one_line(label), room).rstrip()
        self.screen.note(f"{INDENT}{paint(sign, colour, sys.stderr)} {label}{paint(rest, DIM, sys.stderr)}")
        if step.error:
            self.screen.note(indented(step.error, self.screen.columns))

    def _is_one_of_many(self, label: str) -> bool:
        """Whether a step that ended well is counted only: a further iteration of a loop."""
        if not ITERATION.search(label):
            self._print_iterations()
            return False
        seen = self._loops.setdefault(ITERATION.sub("[]", label), [0, 0])
        seen[0] += 1
        if seen[0] <= ITERATIONS_SHOWN:
            return False
        seen[1] += 1
        return True

    def _print_iterations(self) -> None:
        for label, seen in self._loops.items():
            if seen[1]:
                self.screen.note(f"  {label}: {seen[1]:,} more")
        self._loops.clear()


def some_of(labels: Sequence[str]) -> str:
    """`a, b, c and 4 more`."""
    shown, more = labels[:TASKS_NAMED], len(labels) - TASKS_NAMED
    return f"{', '.join(shown)}{f' and {more:,} more' if more > 0 else ''}"


def is_count_of_left_out(task: TaskChanged) -> bool:
    """Whether a record is none of a task: it says of how many there are no records."""
    return "left_out" in task.metadata


def task_label(task: TaskChanged) -> str:
    """Where a task stands in its workflow: `guard/try/fetch`, `loop[3]/set (attempt 2)`."""
    path = str(task.metadata.get("path", "")).strip("/")
    attempt = task.metadata.get("attempt", 1)
    return f"{path or task.name}{f' (attempt {attempt})' if attempt not in (0, 1) else ''}"
