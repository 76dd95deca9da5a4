"""What a run was given, what came of it, and what to do about it: the beginning and the end of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends.runs import Phase
from cli.exits import Exit
from cli.output import BOLD, Format, one_line, paint, structured
from cli.runs.listing import is_agent_run, phase_of
from cli.runs.words import text_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from apps.backends.resource import Resource
    from apps.backends.usage import RunDetails

AGENT_SPEAKS = 2
"""MESSAGE_AI of the contract."""
EXITS = {Phase.FAILED: Exit.FAILED, Phase.CANCELLED: Exit.CANCELLED}


def block(title: str, lines: list[str]) -> str:
    """Lines below a heading, two columns to the right."""
    import sys

    return "\n".join([paint(f"{title}:", BOLD, sys.stdout), *(f"  {line}".rstrip() for line in lines)])


def beginning(run: Resource) -> Iterator[str]:
    """A block for what a run was given and one for what came of it, as far as there is any."""
    if given := input_lines(run):
        yield block("input", given)
    if came := output_lines(run):
        yield block("output", came)
    if error := run.message.status.error:
        yield block("error", text_lines(error))


def input_lines(run: Resource) -> list[str]:
    """The message, and the values of a workflow's input: `name: value`."""
    spec = run.message.spec
    lines = text_lines(spec.message if is_agent_run(run) else spec.trigger_message)
    for name, value in sorted(getattr(spec, "trigger_metadata", {}).items()):
        first, *rest = text_lines(value) or [""]
        lines += [f"{one_line(name)}: {first}".rstrip(), *(f"  {line}" for line in rest)]
    return lines


def output_lines(run: Resource) -> list[str]:
    """What an agent said last; what a workflow answers, as JSON."""
    status = run.message.status
    if not is_agent_run(run):
        return json_lines(status.output) if status.HasField("output") else []
    if phase_of(run) is not Phase.COMPLETED:
        return []
    said = [message.content for message in status.messages if message.type == AGENT_SPEAKS and message.content]
    return text_lines(said[-1]) if said else []


def json_lines(struct: Any) -> list[str]:  # a google.protobuf.Struct
    """An object as JSON, line by line."""
    from apps.backends.grpc_runs import plain

    return structured(plain(struct), Format.JSON).splitlines()


def what_next(run: Resource, name: str, details: RunDetails | None = None) -> str:
    """Commands for who reads of a run that failed or was cancelled; "" of any other one.

    `name` is the slug of what it ran, or its id where that is gone.
    """
    if phase_of(run) not in EXITS:
        return ""
    execution_id, spec = run.message.metadata.id, run.message.spec
    commands = [(f"stigmer logs {execution_id}", "what happened")]
    if details and details.retried_by:
        commands.append((f"stigmer executions show {details.retried_by}", "the run that goes on from this one"))
    elif details and details.can_be_retried:
        commands.append((f"stigmer executions retry {execution_id}", "go on from the task that failed"))
    noun, target = ("agent", spec.agent_id) if is_agent_run(run) else ("workflow", spec.workflow_id)
    if name not in ("-", target):
        commands.append(once_more(run, f"{noun}/{name}"))
    width = max(len(command) for command, _ in commands)
    return block("next", [f"{command:<{width}}  {what}" for command, what in commands])


def once_more(run: Resource, target: str) -> tuple[str, str]:
    """The command that starts it again: what held a secret is not kept, and has to be given again."""
    from apps.shared.masking import MASK

    if MASK not in "\n".join(input_lines(run)):
        return f"stigmer executions rerun {run.message.metadata.id}", "start it once more"
    given = '-m "..."' if is_agent_run(run) or run.message.spec.trigger_message else "--input NAME=..."
    return f"stigmer run {target} {given}", "a secret is not kept: give it again"
