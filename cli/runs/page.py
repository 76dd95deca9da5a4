"""One run, or one conversation, as a page of text."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from apps.backends.runs import Phase
from cli.output import BOLD, Format, one_line, paint, pairs, structured, table
from cli.runs.listing import Names, created, is_agent_run, lasted, phase_of
from cli.runs.words import PHASE_COLOURS, arguments_in_short, in_words, moment, took

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from apps.backends.runs import TaskChanged
    from cli.resources import Resource

SPEAKERS = {1: "user", 2: "agent", 3: "tool", 4: "system"}
TOOL_SPEAKER = 3
STATUS_COLOURS = {**PHASE_COLOURS, "running": "33", "skipped": "2"}


def page_of_run(run: Resource, names: Names) -> str:
    """Facts first, then what was said and done."""
    blocks = ["\n".join(pairs(facts(run, names)))]
    if is_agent_run(run):
        blocks += conversation(run)
    else:
        blocks += workflow(run)
    return "\n\n".join(blocks)


def facts(run: Resource, names: Names) -> dict[str, str]:
    """What a run is, by name."""
    message, status = run.message, run.message.status
    of_agent = is_agent_run(run)
    found = {
        "Execution": message.metadata.id,
        "Agent" if of_agent else "Workflow": names.of(run),
        "Session": message.spec.session_id if of_agent else "",
        "Phase": in_words(phase_of(run).value),
        "Created": clock(created(run)),
        "Took": lasted(run, time.time()),
        "Tokens": tokens(run) if of_agent else "",
        "Model": message.spec.execution_config.model_name if of_agent else "",
        "Values": ", ".join(sorted(message.spec.runtime_env)),
        "Error": one_line(status.error),
    }
    return {name: value for name, value in found.items() if value}


def clock(moment_in_seconds: float) -> str:
    """`2026-11-23 19:22:44+01:00` in the time zone of whoever reads it."""
    from datetime import datetime

    if not moment_in_seconds:
        return ""
    return datetime.fromtimestamp(moment_in_seconds).astimezone().isoformat(" ", "seconds")


def tokens(run: Resource) -> str:
    """`1,310 in, 24 out`: of all turns together. Empty where the model does not say."""
    read, written = (
        sum(int(message.metadata[name]) for message in run.message.status.messages if name in message.metadata)
        for name in ("input_tokens", "output_tokens")
    )
    return f"{read:,} in, {written:,} out" if read or written else ""


def conversation(run: Resource) -> Iterator[str]:
    """A block for each message, with its tool calls."""
    status = run.message.status
    for message in status.messages:
        if message.type == TOOL_SPEAKER and message.content in {"", *(call.error for call in status.tool_calls)}:
            continue
        lines = [paint(f"{SPEAKERS.get(message.type, '?')}:", BOLD, stdout()), *indented(message.content)]
        lines += [call_line(call) for call in message.tool_calls]
        yield "\n".join(lines)
    if not status.messages and status.tool_calls:
        yield "\n".join(call_line(call) for call in status.tool_calls)


def call_line(call: Any) -> str:  # a generated class
    """`  completed  find_order number="1042"  12 ms`."""
    from apps.backends.grpc_runs import tool_call

    found = tool_call(call)
    time_taken = took(moment(found.started_at), moment(found.completed_at))
    why = f": {one_line(found.error)}" if found.error else f"  {time_taken}" if time_taken else ""
    return f"  {found.status}  {found.name} {arguments_in_short(found.arguments)}".rstrip() + why


def indented(text: str) -> list[str]:
    """The lines of `text`, two columns to the right and without control characters."""
    return [f"  {one_line(line)}".rstrip() for line in text.splitlines()]


def workflow(run: Resource) -> Iterator[str]:
    """The tasks as a table, and the output."""
    from apps.backends.grpc_runs import plain, task
    from cli.runs.view import is_count_of_left_out, task_label

    if run.message.spec.trigger_message:
        yield "\n".join([paint("message:", BOLD, stdout()), *indented(run.message.spec.trigger_message)])
    rows = []
    records = [task(each) for each in run.message.status.tasks]
    left_out = [record.name for record in records if is_count_of_left_out(record)]
    for record in in_tree_order([record for record in records if not is_count_of_left_out(record)]):
        time_taken = took(moment(record.started_at), moment(record.completed_at))
        kind = in_words(record.kind.replace("_", "-"))
        rows.append((task_label(record), kind, in_words(record.status), time_taken, one_line(record.error)))
    if rows:
        headers = ("TASK", "KIND", "STATUS", "TOOK", "REASON")
        yield "\n".join([table(headers, rows, colours=STATUS_COLOURS), *left_out])
    if run.message.status.HasField("output"):
        heading = paint("output:", BOLD, stdout())
        yield f"{heading}\n{structured(plain(run.message.status.output), Format.JSON)}"


def in_tree_order(records: Sequence[TaskChanged]) -> list[TaskChanged]:
    """Every task below the one it is in, and every further attempt below the first; else as they came."""
    places: dict[str, int] = {}
    for index, record in enumerate(records):
        places.setdefault(path_of(record), index)

    def key(record: TaskChanged) -> list[tuple[int, int]]:
        path = path_of(record)
        above = [path[: match.start()] for match in re.finditer(r"[/\[]", path)]
        attempt = int(record.metadata.get("attempt", 1))
        return [*((places[each], 1) for each in above if each in places), (places[path], attempt)]

    return sorted(records, key=key)


def path_of(record: TaskChanged) -> str:
    """Where a task stands in its workflow; its id where it says nothing of that."""
    return str(record.metadata.get("path") or record.id)


def page_of_session(session: Resource, turns: Sequence[Resource], agent: str) -> str:
    """A conversation: its facts, then every run in it, oldest first."""
    found = {
        "Session": session.message.metadata.id,
        "Agent": agent,
        "Subject": one_line(session.message.spec.subject),
        "Turns": str(len(turns)),
    }
    return "\n\n".join(["\n".join(pairs({k: v for k, v in found.items() if v})), *map(turn, turns)])


def turn(run: Resource) -> str:
    """What was asked, what came back, and under which id."""
    phase = phase_of(run)
    asked = indented(run.message.spec.message)
    answers = [message.content for message in run.message.status.messages if SPEAKERS.get(message.type) == "agent"]
    answer = next((text for text in reversed(answers) if text), "")
    ended = "" if phase is Phase.COMPLETED else f" ({in_words(phase.value)})"
    heading = paint(f"{clock(created(run))}  {run.message.metadata.id}{ended}", BOLD, stdout())
    parts = [heading, "user:", *asked, "agent:", *indented(answer or run.message.status.error or "-")]
    return "\n".join(parts)


def stdout() -> Any:  # a text stream
    """Where pages go."""
    import sys

    return sys.stdout
