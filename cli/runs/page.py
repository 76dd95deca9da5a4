"""One run, or one conversation, as a page of text."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from apps.backends.runs import Phase
from apps.shared.durations import duration
from cli.output import BOLD, YELLOW, one_line, paint, pairs, table
from cli.runs.listing import Names, created, is_agent_run, lasted, phase_of
from cli.runs.outcome import EXITS, beginning, output_lines, what_next
from cli.runs.words import NO_LAST_WORD, PHASE_COLOURS, arguments_in_short, in_words, moment, text_lines, took

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.resource import Resource
    from apps.backends.runs import TaskChanged
    from apps.backends.usage import RunDetails, UsageEntry

STARTED = ("workflow_execution_id", "agent_execution_id")
"""Where the metadata of a task has the run that it started."""
SPEAKERS = {1: "user", 2: "agent", 3: "tool", 4: "system"}
TOOL_SPEAKER = 3
QUESTION_AND_ANSWER = 2
STATUS_COLOURS = {**PHASE_COLOURS, "running": "33", "skipped": "2"}


def details_of(backend: GrpcBackend, execution_id: str) -> RunDetails | None:
    """What the execution of a run does not say; None where the server is too old to say it."""
    from apps.backends.base import Unsupported
    from apps.backends.grpc_usage import GrpcUsage

    try:
        return GrpcUsage(backend).describe(execution_id)
    except Unsupported:
        return None


def page_of_run(run: Resource, names: Names, details: RunDetails | None = None) -> str:
    """What it was given and what came of it, then what was said and done, then the facts, then what to do next."""
    name = names.of(run)
    story = conversation(run) if is_agent_run(run) and has_story(run) else () if is_agent_run(run) else workflow(run)
    found = facts(run, name, details)
    standing = (details.run.waiting if details else "") or in_words(phase_of(run).value)
    blocks = [heading(run, name, standing), *beginning(run), *story, "\n".join(pairs(found))]
    blocks.append(what_next(run, name, details))
    return "\n\n".join(filter(None, blocks))


def heading(run: Resource, name: str, standing: str) -> str:
    """`agent clerk: completed in 1.2 s`."""
    noun, phase, time_taken = "agent" if is_agent_run(run) else "workflow", phase_of(run), lasted(run, time.time())
    painted = paint(standing, PHASE_COLOURS.get(standing, YELLOW), stdout())
    since = "" if time_taken == "-" else f" {'after' if phase in EXITS else 'in' if phase.is_terminal else 'for'} "
    return f"{paint(f'{noun} {name}', BOLD, stdout())}: {painted}{since}{time_taken if since else ''}"


def has_story(run: Resource) -> bool:
    """Whether more was said and done than a question was asked and answered, which its beginning tells already."""
    status = run.message.status
    return bool(status.tool_calls) or len(status.messages) > QUESTION_AND_ANSWER or not output_lines(run)


def facts(run: Resource, name: str, details: RunDetails | None) -> dict[str, str]:
    """What a run is, by name. Times are those of the reader's zone."""
    message, status = run.message, run.message.status
    of_agent = is_agent_run(run)
    found = {
        "Execution": message.metadata.id,
        "Agent" if of_agent else "Workflow": name,
        "Session": message.spec.session_id if of_agent else "",
        "Project": details.project if details else "",
        "Phase": (details.run.waiting if details else "") or in_words(phase_of(run).value),
        "Attempts": str(details.attempt) if details and details.attempt > 1 else "",
        "Repeats": details.rerun_of if details else "",
        "Retries": retry_line(details) if details else "",
        "Retried by": details.retried_by if details else "",
        **(spending(details.usage) if details and details.usage else {"Tokens": tokens(run) if of_agent else ""}),
        "Model": message.spec.execution_config.model_name if of_agent else "",
        "Values": ", ".join(sorted(message.spec.runtime_env)),
        "Created": clock(created(run)),
        "Started": clock(moment(status.started_at)),
        "Ended": clock(moment(status.completed_at)),
        "Took": lasted(run, time.time()),
    }
    return {name: value for name, value in found.items() if value}


def retry_line(details: RunDetails) -> str:
    """`wex-01m8, from /ship: try 2`; "" of a run that retries none."""
    if not details.retry_of:
        return ""
    return f"{details.retry_of}, from {one_line(details.retry_from)}: try {details.try_number}"


def spending(usage: Sequence[UsageEntry]) -> dict[str, str]:
    """Tokens and cost of all models together and, where there are several, of each."""
    from cli.runs.money import cost_of

    read, written = sum(each.input_tokens for each in usage), sum(each.output_tokens for each in usage)
    costs = [f"{cost_of(each)} {each.key or '?'}" for each in usage] if len(usage) > 1 else map(cost_of, usage)
    known = any(each.cost for each in usage)
    return {
        "Tokens": f"{read:,} in, {written:,} out",
        "Cost": ", ".join(costs) if known else f"no price is known of {', '.join(each.key or '?' for each in usage)}",
    }


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
    if phase_of(run) is Phase.COMPLETED and status.messages and status.messages[-1].type == TOOL_SPEAKER:
        yield NO_LAST_WORD
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
    """The lines of `text`, two columns to the right."""
    return [f"  {line}".rstrip() for line in text_lines(text)]


def workflow(run: Resource) -> Iterator[str]:
    """The tasks as a table, in the order in which they began; when that was counts from the beginning of the run."""
    from apps.backends.grpc_runs import task
    from cli.runs.view import is_count_of_left_out, task_label

    rows = []
    records = [task(each) for each in run.message.status.tasks]
    left_out = [record.name for record in records if is_count_of_left_out(record)]
    records = in_tree_order([record for record in records if not is_count_of_left_out(record)])
    told = inner_errors(records)
    for record in records:
        began, time_taken = moment(record.started_at), took(moment(record.started_at), moment(record.completed_at))
        since = f"+{duration(began - moment(run.message.status.started_at))}" if began else ""
        kind, reason = in_words(record.kind.replace("_", "-")), one_line(record.error)
        if reason in told.get(path_of(record), ()):
            reason = ""
        if ran := next(filter(None, map(record.metadata.get, STARTED)), ""):
            reason = reason or f"ran {ran}"
        if tried := record.metadata.get("done_in_try"):
            since, reason = "", reason or f"done in try {tried:g}"
        rows.append((task_label(record), kind, in_words(record.status), since, time_taken, reason))
    if rows:
        headers = ("TASK", "KIND", "STATUS", "BEGAN", "TOOK", "REASON")
        yield "\n".join([table(headers, rows, colours=STATUS_COLOURS), *left_out])


def inner_errors(records: Sequence[TaskChanged]) -> dict[str, set[str]]:
    """The errors of the tasks inside of each task, by its path: what it failed with itself need not be told again."""
    found: dict[str, set[str]] = {}
    for record in records:
        path = path_of(record)
        for mark in re.finditer(r"[/\[]", path):
            if record.error and mark.start():
                found.setdefault(path[: mark.start()], set()).add(one_line(record.error))
    return found


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
