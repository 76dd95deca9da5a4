"""WAIT: let time pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.errors import failed
from apps.workflows.expressions import Template
from apps.workflows.expressions.errors import shorten
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.steps.durations import LONGEST_SECONDS, seconds_of
from apps.workflows.values import Json, to_text

SECONDS, DURATION, UNTIL = FORMS = ("seconds", "duration", "until")
_EXPRESSION: Final = "${"


@dataclass(frozen=True)
class WaitConfig(Config):
    form: str
    value: Json
    """With a Template for every string."""


def parse(reader: Reader, _tasks: ParseTasks) -> WaitConfig:
    fields = reader.fields(*FORMS)
    given = [form for form in FORMS if fields[form].value is not None]
    if len(given) > 1:
        fields[given[1]].complain(f"{given[0]} says already how long it waits")
    form = given[0] if given else SECONDS
    field = fields[form]
    is_expression = isinstance(field.value, str) and _EXPRESSION in field.value
    if form == SECONDS and not is_expression:
        return WaitConfig(form, field.integer(least=1, most=LONGEST_SECONDS))
    value = field.template() if form == UNTIL else field.data()
    if form != UNTIL and _has_expressions(value):
        return WaitConfig(form, value)
    try:
        if form == DURATION:
            seconds_of(field.value)
        elif isinstance(value, Template) and value.is_literal and value.text:
            _moment(value.text)
    except ValueError as error:
        field.complain(str(error))
    return WaitConfig(form, value)


async def run(active: TaskContext, config: WaitConfig) -> Done:
    """Output: the seconds that it waited, 0 for a moment that is over.

    Left halfway, it waits for the rest of its time.
    """
    frame = active.next_frame()
    seconds = frame["seconds"] if frame else _begin(active, config)
    until = frame["until"] if frame else active.now() + seconds
    left = round(until - active.now(), 3) if frame else seconds
    with active.framed(lambda: {"seconds": seconds, "until": until}):
        if left > 0:
            await active.rest(left)
    return Done({"seconds": int(seconds) if seconds.is_integer() else seconds}, keeps_data=True)


def _begin(active: TaskContext, config: WaitConfig) -> float:
    """How long it waits, in seconds."""
    value = active.values(config.value)
    active.begin({config.form: value})
    try:
        seconds = max(0.0, round(_moment(value) - active.now(), 3)) if config.form == UNTIL else _seconds(value)
    except ValueError as error:
        raise failed("validation", f"{config.form} {error}") from None
    if seconds > LONGEST_SECONDS:
        raise failed("validation", f"{config.form} must be at most {LONGEST_SECONDS:,} seconds away")
    return seconds


def _seconds(value: Json) -> float:
    """An expression may come to the text of a number, too."""
    if isinstance(value, str) and value.replace(".", "", 1).isdecimal():
        value = float(value)
    return seconds_of(value)


def _moment(value: Json) -> float:
    """Seconds since 1970. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"must be a moment with its zone as 2026-12-24T18:00:00Z, got {shorten(to_text(value), 40)}")
    return moment.timestamp()


def _has_expressions(value: Json) -> bool:
    if isinstance(value, dict):
        return any(map(_has_expressions, value.values()))
    return isinstance(value, Template) and not value.is_literal
