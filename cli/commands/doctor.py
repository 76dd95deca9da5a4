"""`stigmer doctor`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cli.command import Command
from cli.exits import Exit
from cli.output import GREEN, RED, YELLOW, Console, Format, one_line, paint, structured

if TYPE_CHECKING:
    from apps.backends.doctor.finding import Finding

COLOURS = {"ok": GREEN, "warn": YELLOW, "fail": RED}
ROOM, NAME_ROOM = max(map(len, COLOURS)), len("data directory")


@click.command(cls=Command, examples="stigmer doctor\nstigmer doctor --fix\nstigmer doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without a risk, and say what was done.")
@click.pass_obj
def command(console: Console, as_json: bool, fix: bool) -> None:
    """Look at this installation: its files, ports, server, programs and models; say what is wrong, and what to do.

    Nothing is started. Exits with 1 when something fails, with 0 where there are warnings at most.
    """
    from apps.backends.config import child_environment, load
    from apps.backends.doctor.checks import Place, examine
    from apps.backends.doctor.finding import FAIL, fail
    from apps.backends.errors import BackendError

    try:
        findings = list(examine(Place(load(), child_environment())))
    except BackendError as error:
        findings = [fail(error.message, error.hint)._replace(check="configuration")]
    mended = {finding: mend(finding) for finding in findings if fix and finding.mend}
    if as_json:
        console.data(structured(record(findings, mended), Format.JSON))
    else:
        print_findings(console, findings, mended)
    if any(each.level == FAIL and not mended.get(each) for each in findings):
        raise click.exceptions.Exit(Exit.FAILED)


def mend(finding: Finding) -> str:
    """What was done; "" where it could not be."""
    try:
        return finding.mend() if finding.mend else ""
    except OSError:
        return ""


def print_findings(console: Console, findings: list[Finding], mended: dict[Finding, str]) -> None:
    """A line each, and below it what to do, or what was done."""
    for each in findings:
        level = paint(f"{each.level:<{ROOM}}", COLOURS[each.level], sys.stdout)
        console.data(f"{level}  {each.check:<{NAME_ROOM}}  {one_line(each.text)}")
        below = " " * (ROOM + NAME_ROOM + 4)
        if done := mended.get(each):
            console.data(f"{below}mended: {one_line(done)}")
        elif each.hint:
            console.data(f"{below}{one_line(each.hint)}")
    if any(each.mend and not mended.get(each) for each in findings) and not mended:
        console.print("\nhint: stigmer doctor --fix")


def record(findings: list[Finding], mended: dict[Finding, str]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "ok": not any(each.level == "fail" and not mended.get(each) for each in findings),
        "checks": [
            {
                "check": each.check,
                "level": each.level,
                "message": each.text,
                "hint": each.hint,
                "mended": mended.get(each, ""),
            }
            for each in findings
        ],
    }
