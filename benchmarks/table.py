"""The table that a benchmark run prints: each figure beside its limit, scaled to the machine.

Limits were set on a machine where `python -c pass` takes 15 ms and a grpcio echo 0.6 ms. A figure that
is made of process work is compared with the first, one made of calls with the second: the limit is
scaled by the same ratio, so a slow or busy machine does not fail and a fast one does not flatter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

REFERENCE_PYTHON_MS = 15.0
REFERENCE_ECHO_MS = 0.6


@dataclass(frozen=True)
class Machine:
    """What this machine needs for the two reference tasks, in milliseconds, in this run."""

    python_ms: float
    echo_ms: float

    @property
    def process_factor(self) -> float:
        return self.python_ms / REFERENCE_PYTHON_MS

    @property
    def call_factor(self) -> float:
        return self.echo_ms / REFERENCE_ECHO_MS


class Scale(Enum):
    PROCESS = "python"
    CALL = "echo"
    NONE = "-"


@dataclass(frozen=True)
class Figure:
    """One measured value. `is_rate`: more is better, and the limit is a minimum."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    scale: Scale = Scale.NONE
    is_rate: bool = False

    def scaled_limit(self, machine: Machine) -> float | None:
        if self.limit is None:
            return None
        factor = {Scale.PROCESS: machine.process_factor, Scale.CALL: machine.call_factor, Scale.NONE: 1.0}[self.scale]
        return self.limit / factor if self.is_rate else self.limit * factor

    def is_met(self, machine: Machine) -> bool | None:
        limit = self.scaled_limit(machine)
        if limit is None:
            return None
        return self.value >= limit if self.is_rate else self.value <= limit


def render(figures: list[Figure], machine: Machine, before: Mapping[str, float] | None = None) -> str:
    """A Markdown table; with `before`, another version's figures by name, it says how many times worse each is now."""
    limits = ("limit (reference)", "limit (this machine)", "scaled by", "met")
    if before is None:
        rows = [(figure.name, _measured(figure), *_limits(figure, machine)) for figure in figures]
        return aligned([("figure", "measured", *limits), *rows])
    rows = [(figure.name, *_compared(figure, before.get(figure.name)), *_limits(figure, machine)) for figure in figures]
    return aligned([("figure", "before", "measured", "times worse", *limits), *rows])


def aligned(rows: list[tuple[str, ...]]) -> str:
    """A Markdown table of these rows, the heads of its columns first."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _limits(figure: Figure, machine: Machine) -> tuple[str, ...]:
    limit, scaled = figure.limit, figure.scaled_limit(machine)
    sign = "≥" if figure.is_rate else "≤"
    met = figure.is_met(machine)
    return (
        "" if limit is None else f"{sign} {_number(limit)}",
        "" if scaled is None else f"{sign} {_number(scaled)}",
        figure.scale.value,
        {True: "yes", False: "NO", None: ""}[met],
    )


def _compared(figure: Figure, before: float | None) -> tuple[str, str, str]:
    if before is None:
        return "", _measured(figure), ""
    worse, better = (before, figure.value) if figure.is_rate else (figure.value, before)
    ratio = f"{worse / better:.2f}" if better else ""
    return _measured(replace(figure, value=before)), _measured(figure), ratio


def _measured(figure: Figure) -> str:
    return f"{_number(figure.value)} {figure.unit}".strip()


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
