"""What an apply did, or would do: the words and tables that people read and scripts match."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from apps.backends.base import Action
from apps.backends.kinds import BY_NAME
from cli.output import DIM, GREEN, RED, YELLOW, Format, one_line, paint, structured, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.backends.base import Applied, Change
    from cli.output import Console
    from cli.project.discovery import DiscoveredResource

STATUS = {
    Action.CREATED: "✓ Created",
    Action.UPDATED: "✓ Updated",
    Action.UNCHANGED: "✓ Unchanged",
    Action.DELETED: "✓ Deleted",
}
PLAN = {Action.CREATED: "Create", Action.UPDATED: "Update", Action.UNCHANGED: "Unchanged", Action.DELETED: "Delete"}
COLOURS = {
    STATUS[Action.CREATED]: GREEN,
    PLAN[Action.CREATED]: GREEN,
    STATUS[Action.UPDATED]: YELLOW,
    PLAN[Action.UPDATED]: YELLOW,
}
SIGN_COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}
# In a diff, values of up to so many characters stand on one line; of longer ones so many are shown, from shortly
# before the first difference. The whole stands in the file.
VALUE_ON_ONE_LINE = 40
VALUE_SHOWN = 120
SHOWN_BEFORE_DIFFERENCE = 20
# A command longer than this does not push away what the other next steps are for.
COMMAND_ROOM = 40


def print_results(
    console: Console,
    organization: str,
    found: Sequence[DiscoveredResource],
    results: Sequence[Applied],
    *,
    output: Format,
    dry_run: bool,
    command: str,
) -> None:
    """Print `results` in the format asked for; headline and table are the data of the table format.

    `command` deploys what a dry run has shown.
    """
    headline = "Dry run successful" if dry_run else "Deployment successful!"
    if output is not Format.TABLE:
        console.done(headline)
        console.data(formatted(organization, found, results, output=output, dry_run=dry_run))
        return
    console.data(paint(headline, GREEN, sys.stdout))
    console.data("")
    console.data(plan_table(results) if dry_run else status_table(results))
    if dry_run:
        for block in filter(None, map(diff, results)):
            console.data("\n" + block)
    for line in next_steps(results, command if dry_run else ""):
        console.print(line)


def status_table(results: Sequence[Applied]) -> str:
    """What was done."""
    rows = [(each.kind, each.slug, STATUS[each.action], each.id) for each in results]
    return table(("TYPE", "NAME", "STATUS", "ID"), rows, colours=COLOURS)


def plan_table(results: Sequence[Applied]) -> str:
    """What would be done."""
    rows = [(each.kind, each.slug, PLAN[each.action]) for each in results]
    return table(("TYPE", "NAME", "ACTION"), rows, colours=COLOURS)


def formatted(
    organization: str,
    found: Sequence[DiscoveredResource],
    results: Sequence[Applied],
    *,
    output: Format,
    dry_run: bool,
) -> str:
    """The results for a program."""
    if output is Format.NAME:
        return "\n".join(f"{source.noun}/{each.slug}" for source, each in zip(found, results, strict=True))
    counts = Counter(each.action.value for each in results)
    value = {
        "dry_run": dry_run,
        "organization": organization,
        "resources": [record(source, each) for source, each in zip(found, results, strict=True)],
        "summary": {action.value: counts[action.value] for action in Action},
    }
    return structured(value, output)


def record(source: DiscoveredResource, result: Applied) -> dict[str, Any]:  # plain data
    """One result for a program."""
    return {
        "kind": result.kind,
        "name": source.name,
        "slug": result.slug,
        "org": result.org,
        "id": result.id,
        "action": result.action.value,
        "changes": [
            {"path": each.path, "before": value_of(each.before), "after": value_of(each.after)}
            for each in result.changes
        ],
        "warnings": list(result.warnings),
    }


def value_of(text: str) -> Any:  # plain data
    """The value of a JSON text; None where there is no value."""
    import json

    return json.loads(text) if text else None


def diff(result: Applied) -> str:
    """The fields that an update changes; empty where it changes none."""
    if not result.changes:
        return ""
    lines = [f"{result.kind} {result.slug}"]
    for change in result.changes:
        lines += change_lines(change)
    return "\n".join(lines)


def change_lines(change: Change) -> Iterator[str]:
    """One line for a changed field; a long text line by line."""
    if not change.before:
        yield signed("+", f"{change.path}: {short(change.after)}")
    elif not change.after:
        yield signed("-", f"{change.path}: {short(change.before)}")
    elif has_lines(change):
        yield signed("~", f"{change.path}:")
        yield from text_diff(change)
    elif max(len(change.before), len(change.after)) <= VALUE_ON_ONE_LINE:
        yield signed("~", f"{change.path}: {change.before} -> {change.after}")
    else:
        yield signed("~", f"{change.path}:")
        start = difference(change.before, change.after)
        yield signed("-", short(change.before, start), indent=6)
        yield signed("+", short(change.after, start), indent=6)


def signed(sign: str, text: str, indent: int = 2) -> str:
    """`text` with a sign before it, in its colour where a person looks."""
    return f"{' ' * indent}{paint(sign, SIGN_COLOURS[sign], sys.stdout)} {text}"


def difference(before: str, after: str) -> int:
    """Where to begin, so that the first difference between two texts can be seen; 0 where both are shown whole."""
    if max(len(before), len(after)) <= VALUE_SHOWN:
        return 0
    same = next((place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0)
    return max(0, same - SHOWN_BEFORE_DIFFERENCE)


def has_lines(change: Change) -> bool:
    """Whether both values are texts, one of them of several lines."""
    values = (change.before, change.after)
    return all(value.startswith('"') for value in values) and any("\\n" in value for value in values)


def text_diff(change: Change) -> Iterator[str]:
    """The changed lines of a text of several lines, with one line around them."""
    from difflib import unified_diff

    before, after = (str(value_of(text)).splitlines() for text in (change.before, change.after))
    # The first three lines are the heads of the two texts and of the first part.
    for line in list(unified_diff(before, after, lineterm="", n=1))[3:]:
        if line.startswith("@@ "):
            yield "      ..."
        else:
            yield f"      {paint(one_line(line), SIGN_COLOURS.get(line[0], DIM), sys.stdout)}"


def short(text: str, start: int = 0) -> str:
    """A JSON text on one line, from `start` on, cut where it is long."""
    shown = text[start : start + VALUE_SHOWN]
    return f"{'…' if start else ''}{shown}{'…' if start + VALUE_SHOWN < len(text) else ''}"


def next_steps(results: Sequence[Applied], deploy: str) -> Iterator[str]:
    """What a person may want to do now. `deploy` is the command for it, empty when it has been done."""
    if not results:
        return
    steps = {deploy: "deploy these changes"} if deploy else dict(after_deployment(results))
    room = min(COMMAND_ROOM, max(map(len, steps)))
    yield ""
    yield "Next steps:"
    for command, purpose in steps.items():
        yield f"  {command:<{room}}   {purpose}"


def after_deployment(results: Sequence[Applied]) -> Iterator[tuple[str, str]]:
    """Commands and what they are for."""
    runnable = next((each for each in results if each.kind in ("Agent", "Workflow")), None)
    if runnable is not None:
        yield run_command(runnable), "run it"
    for kind in dict.fromkeys(each.kind for each in results):
        yield f"stigmer get {BY_NAME[kind].plural}", "see what is deployed"
    yield "stigmer ui", "open the admin in the browser"


def run_command(result: Applied) -> str:
    """How to run what was deployed; agents want a message."""
    return f"stigmer run {result.slug}" + (' -m "hello"' if result.kind == "Agent" else "")
