"""`stigmer usage`: tokens and money."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from cli.command import Command, org_option, output_option
from cli.output import Console, Format, structured, table

if TYPE_CHECKING:
    from apps.backends.usage import UsageEntry, UsageReport

MODELS_NAMED = 5


def moment(context: click.Context, parameter: click.Parameter, written: str) -> float:
    """Seconds from the epoch."""
    from cli.runs.moments import moment_of

    return moment_of(context, parameter, written)


@click.command(
    cls=Command,
    examples="""
        stigmer usage
        stigmer usage --by day --since 7d
        stigmer usage --by model --project shop -o json
    """,
)
@click.option(
    "--by", type=click.Choice(["agent", "model", "day", "project"]), default="agent", show_default=True, help="By what."
)
@click.option(
    "--since", default="30d", show_default=True, metavar="WHEN", callback=moment, help="Since: 12h, 30d, 2026-11-01."
)
@click.option("--until", default="", metavar="WHEN", callback=moment, help="Before that.")
@click.option("--agent", default="", metavar="NAME", help="Only runs of this agent.")
@click.option("--project", default="", metavar="NAME", help="Only agents of this project.")
@click.option("--model", default="", metavar="PROVIDER:MODEL", help="Only what this model was asked.")
@org_option
@output_option()
@click.pass_obj
def command(console: Console, /, *, by: str, output: Format, org: str, **options: Any) -> None:
    """Sum up what models read and wrote, and what that costs by today's prices.

    A run counts when it has ended, on the day on which it did, in your time zone.
    """
    from apps.backends.config import load, resolve_organization
    from apps.backends.grpc_usage import GrpcUsage
    from apps.backends.usage import UsageQuery
    from cli.connect import connect
    from cli.projects import in_your_words
    from cli.runs.found import filter_of

    config = load()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        target = filter_of(backend, None, options.pop("agent"), "", organization).target
        agent = target.id if target else ""
        query = UsageQuery(
            by=by, org=organization, agent=agent, utc_offset_seconds=time.localtime().tm_gmtoff, **options
        )
        with in_your_words(options["project"]):
            report = GrpcUsage(backend).report(query)
    show(console, report, by, output)


def show(console: Console, report: UsageReport, by: str, output: Format) -> None:
    """The sums in the format asked for; what is to be known of prices goes to people."""
    if output is Format.NAME:
        console.data("\n".join(each.key or "-" for each in report.entries))
    elif output is not Format.TABLE:
        console.data(structured(record(report, by), output))
    elif not report.entries:
        console.print("No model was asked anything in that time.")
        return
    else:
        console.data(as_table(report, by))
    if report.price_problem:
        console.warn(report.price_problem)
    if output is Format.TABLE:
        for line in about_prices(report):
            console.print(line)


def as_table(report: UsageReport, by: str) -> str:
    """One line for each sum, and one for all of them."""
    from cli.runs.money import cost_of

    headers = (by.upper(), "RUNS", "TOKENS IN", "TOKENS OUT", "COST")
    rows = [
        (name, f"{each.runs:,}", f"{each.input_tokens:,}", f"{each.output_tokens:,}", cost_of(each))
        for name, each in [*((each.key or "-", each) for each in report.entries), ("total", report.total)]
    ]
    return table(headers, rows)


def about_prices(report: UsageReport) -> list[str]:
    """What is counted without a price, where a price can be given, and where those that count come from."""
    lines = []
    if report.unpriced_models:
        models = [name or "a model without a name" for name in report.unpriced_models]
        more = len(models) - MODELS_NAMED
        named = ", ".join(models[:MODELS_NAMED]) + (f" and {more} more" if more > 0 else "")
        lines.append(f"\nNo price is known of {named}: {report.total.unpriced_tokens:,} tokens are not in COST.")
        lines.append(f"Prices of your own go into {report.price_file}")
    if report.price_source and report.total.cost:
        lines.append(f"\nUS dollars by {report.price_source}, without discounts and cached tokens.")
    return lines


def record(report: UsageReport, by: str) -> dict[str, Any]:  # plain data
    """The sums for a program."""
    return {
        "by": by,
        "entries": [entry(each) for each in report.entries],
        "total": {name: value for name, value in entry(report.total).items() if name != "key"},
        "unpriced_models": list(report.unpriced_models),
        "price_source": report.price_source,
    }


def entry(each: UsageEntry) -> dict[str, Any]:  # plain data
    """One sum; its cost is a number in text, for floats would lose digits, or null."""
    return {
        "key": each.key,
        "runs": each.runs,
        "input_tokens": each.input_tokens,
        "output_tokens": each.output_tokens,
        "cost": each.cost or None,
        "unpriced_tokens": each.unpriced_tokens,
    }
