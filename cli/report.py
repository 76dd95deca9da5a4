"""What an apply did, or would do: the words and tables that people read and scripts match."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from apps.backends.base import Action
from apps.backends.kinds import BY_NAME
from cli.output import GREEN, YELLOW, Format, one_line, paint, structured, table

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
# A value longer than this in a diff is cut; the whole stands in the file.
VALUE_SHOWN = 160


def tell(
    console: Console,
    organization: str,
    found: Sequence[DiscoveredResource],
    results: Sequence[Applied],
    *,
    output: Format,
    dry_run: bool,
) -> None:
    """Print `results` in the format asked for; headline and table are the data of the table format."""
    headline = "Dry run successful" if dry_run else "Deployment successful!"
    if output is not Format.TABLE:
        console.done(headline)
        console.data(formatted(organization, found, results, output=output, dry_run=dry_run))
        return
    console.data(paint_headline(headline))
    console.data("")
    console.data(plan_table(results) if dry_run else status_table(results))
    if dry_run:
        for block in filter(None, map(diff, results)):
            console.data("\n" + block)
    for line in next_steps(results, dry_run=dry_run):
        console.say(line)


def paint_headline(text: str) -> str:
    """The headline, green where a person looks."""
    import sys

    return paint(text, GREEN, sys.stdout)


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
        yield f"  + {change.path}: {short(change.after)}"
    elif not change.after:
        yield f"  - {change.path}: {short(change.before)}"
    elif has_lines(change):
        yield f"  ~ {change.path}:"
        yield from text_diff(change)
    else:
        yield f"  ~ {change.path}: {short(change.before)} -> {short(change.after)}"


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
        yield "      ..." if line.startswith("@@ ") else f"      {one_line(line)}"


def short(text: str) -> str:
    """A JSON text on one line, cut where it is long."""
    return text if len(text) <= VALUE_SHOWN else text[: VALUE_SHOWN - 1] + "…"


def next_steps(results: Sequence[Applied], *, dry_run: bool) -> Iterator[str]:
    """What a person may want to do now."""
    if not results:
        return
    steps = {"stigmer apply": "deploy these changes"} if dry_run else dict(after_deployment(results))
    room = max(map(len, steps))
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
