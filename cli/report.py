"""What an apply did, or would do: the words and tables that people read and scripts match."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from apps.backends.base import Action
from apps.backends.kinds import BY_NAME
from cli.output import BOLD, DIM, GREEN, RED, YELLOW, Format, one_line, paint, structured, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.backends.base import Applied, Change
    from apps.backends.projects import Owned, ProjectApplied
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
    STATUS[Action.DELETED]: RED,
    PLAN[Action.DELETED]: RED,
}
SIGN_COLOURS = {"+": GREEN, "-": RED, "~": YELLOW}
# In a diff, values of up to so many characters stand on one line; of longer ones so many are shown, from shortly
# before the first difference. The whole stands in the file.
VALUE_ON_ONE_LINE = 40
VALUE_SHOWN = 120
SHOWN_BEFORE_DIFFERENCE = 20
TASK_KIND = re.compile(r'("kind": "|^")WORKFLOW_TASK_KIND_(?=[A-Z_]+")')
# A command longer than this does not push away what the other next steps are for.
COMMAND_ROOM = 40


@dataclass(frozen=True)
class Report:
    """What came of an apply, or of a dry run. `found` are the resources of its results; `command` does it."""

    organization: str
    project: str
    found: Sequence[DiscoveredResource]
    done: ProjectApplied
    dry_run: bool
    command: str

    @property
    def results(self) -> Sequence[Applied]:
        return self.done.results

    @property
    def changed(self) -> list[Applied]:
        return [each for each in self.results if each.action is not Action.UNCHANGED]

    @property
    def has_changes(self) -> bool:
        return bool(self.changed or self.done.deleted)


def print_results(console: Console, report: Report, output: Format) -> None:
    """Print what came of it in the format asked for; headline and table are the data of the table format."""
    headline = "Dry run successful" if report.dry_run else "Deployment successful!"
    if output is not Format.TABLE:
        console.done(headline)
        console.data(formatted(report, output))
        return
    console.data(paint(headline, GREEN, sys.stdout))
    console.data("")
    console.data(plan_of(report) if report.dry_run else outcome_of(report))
    if report.dry_run:
        for block in filter(None, map(diff, report.results)):
            console.data("\n" + block)
    tell_no_longer_declared(console, report)
    for line in next_steps(report):
        console.print(line)


def print_difference(console: Console, report: Report, output: Format) -> None:
    """Print what is different between what is declared and what is deployed."""
    if output is not Format.TABLE:
        console.data(formatted(report, output))
        return
    signs = {Action.CREATED: "+", Action.UPDATED: "~"}
    for each in report.changed:
        console.data(signed(signs[each.action], f"{each.kind} {each.slug}", indent=0))
        for line in (line for change in each.changes for line in change_lines(change)):
            console.data(f"  {line}")
    for owned in (*report.done.no_longer_declared, *report.done.deleted):
        console.data(signed("-", f"{owned.kind} {owned.slug}", indent=0))
    if not (report.has_changes or report.done.no_longer_declared):
        console.print("What is declared is what is deployed.")


def outcome_of(report: Report) -> str:
    """A line for each resource that has changed, and the sum of the others."""
    lines = [status_table(report.changed, report.done.deleted)] if report.has_changes else []
    if unchanged := len(report.results) - len(report.changed):
        lines.append(f"{unchanged:,} unchanged")
    return "\n".join(lines)


def plan_of(report: Report) -> str:
    """A line for each resource, changed or not."""
    rows = [(each.kind, each.slug, PLAN[each.action]) for each in report.results]
    rows += [(each.kind, each.slug, PLAN[Action.DELETED]) for each in report.done.deleted]
    return table(("TYPE", "NAME", "ACTION"), rows, colours=COLOURS)


def status_table(results: Sequence[Applied], deleted: Sequence[Owned] = ()) -> str:
    """What was done."""
    rows = [(each.kind, each.slug, STATUS[each.action], each.id) for each in results]
    rows += [(each.kind, each.slug, STATUS[Action.DELETED], each.id) for each in deleted]
    return table(("TYPE", "NAME", "STATUS", "ID"), rows, colours=COLOURS)


def tell_no_longer_declared(console: Console, report: Report) -> None:
    """What stays although the project does not declare it any more: with the plan, else beside what was done."""
    left = report.done.no_longer_declared
    if not left:
        return
    from cli.projects import leaving_table

    stream, tell = (sys.stdout, console.data) if report.dry_run else (sys.stderr, console.print)
    tell("")
    tell(paint("No longer declared", BOLD, stream))
    tell(leaving_table(left, stream=stream))
    console.print("")
    stays, them = ("It stays", "it") if len(left) == 1 else ("They stay", "them")
    console.print(f"{stays}; `{report.command} --prune` deletes {them}.")


def formatted(report: Report, output: Format) -> str:
    """The results for a program."""
    pairs = list(zip(report.found, report.results, strict=True))
    if output is Format.NAME:
        return "\n".join(f"{source.noun}/{each.slug}" for source, each in pairs)
    records = [record(source, each) for source, each in pairs]
    by_action = {action.value: [each for each in records if each["action"] == action.value] for action in Action}
    by_action[Action.DELETED.value] = [owned_record(each, "deleted") for each in report.done.deleted]
    value = {
        "dry_run": report.dry_run,
        "organization": report.organization,
        "project": report.project,
        "resources": records,
        "summary": {action: len(some) for action, some in by_action.items()},
        **by_action,
        "no_longer_declared": [owned_record(each, "unchanged") for each in report.done.no_longer_declared],
    }
    return structured(value, output)


def owned_record(owned: Owned, action: str) -> dict[str, Any]:  # plain data
    """What is no longer declared, or was, for a program, with how many resources go with it."""
    return {
        "kind": owned.kind,
        "name": owned.slug,
        "slug": owned.slug,
        "org": owned.org,
        "id": owned.id,
        "action": action,
        "changes": [],
        "warnings": [],
        "belongings": dict(owned.belongings),
    }


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
    """One line for a changed field; a long text line by line. Kinds of tasks have their short names."""
    change = replace(change, before=in_short_words(change.before), after=in_short_words(change.after))
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


def in_short_words(value: str) -> str:
    """A JSON text with the kinds of tasks as everybody writes them: `SET`. In a text that holds JSON quotes differ."""
    return TASK_KIND.sub(r"\1", value)


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


def next_steps(report: Report) -> Iterator[str]:
    """What a person may want to do now that something is new."""
    if report.dry_run:
        steps = {report.command: "deploy these changes"} if report.has_changes else {}
    else:
        steps = dict(after_deployment([each for each in report.results if each.action is Action.CREATED]))
    if not steps:
        return
    room = min(COMMAND_ROOM, max(map(len, steps)))
    yield ""
    yield "Next steps:"
    for command, purpose in steps.items():
        yield f"  {command:<{room}}   {purpose}"


def after_deployment(results: Sequence[Applied]) -> Iterator[tuple[str, str]]:
    """Commands and what they are for; none where nothing is new."""
    if not results:
        return
    runnable = next((each for each in results if each.kind in ("Agent", "Workflow")), None)
    if runnable is not None:
        yield run_command(runnable), "run it"
    for kind in dict.fromkeys(each.kind for each in results):
        yield f"stigmer get {BY_NAME[kind].plural}", "see what is deployed"
    yield "stigmer ui", "open the admin in the browser"


def run_command(result: Applied) -> str:
    """How to run what was deployed; agents want a message."""
    return f"stigmer run {result.slug}" + (' -m "hello"' if result.kind == "Agent" else "")
