"""FOR: run a list of tasks once for each item."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.workflows.definition import RESERVED_NAMES, Config, Task
from apps.workflows.errors import failed
from apps.workflows.expressions import ExpressionError, Program
from apps.workflows.interpreter.places import iteration_path
from apps.workflows.steps.base import Done, ParseTasks
from apps.workflows.values import Json, type_name

if TYPE_CHECKING:
    from apps.workflows.interpreter.active import ActiveTask
    from apps.workflows.reading import Reader

INDEX = "index"
_ABSENT = object()


@dataclass(frozen=True)
class ForConfig(Config):
    each: str
    in_: Program | None
    """None only in a definition that did not parse."""
    do: tuple[Task, ...]

    @property
    def bodies(self) -> tuple[tuple[Task, ...], ...]:
        return (self.do,)


def parse(reader: Reader, tasks: ParseTasks) -> ForConfig:
    fields = reader.fields("each", "in", "do")
    each = fields["each"].text().removeprefix("$")
    if each and (each in RESERVED_NAMES or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", each)):
        fields["each"].complain(f"{each} cannot be the name of a loop variable")
    return ForConfig(each, fields["in"].program(), tasks(fields["do"]))


async def run(active: ActiveTask, config: ForConfig) -> Done:
    """Output: what each iteration's last task produced, in order.

    The item is in the bag under the name of `each`, its number from 0 under `index` unless that key is taken. Both are
    gone, or what they were, when the loop ends. What tasks set inside stays.
    """
    items = _items(active, config)
    limits, bag = active.run.limits, active.run.bag
    if len(items) > limits.iterations:
        raise failed("runtime", f"a loop over {len(items):,} items; at most {limits.iterations:,} are allowed")
    active.begin({"items": len(items)})
    results: list[Json] | None = [] if len(items) <= limits.loop_results else None
    names = [config.each] if INDEX in bag or config.each == INDEX else [config.each, INDEX]
    before = [bag.get(name, _ABSENT) for name in names]
    produced: Json = None
    try:
        for index, item in enumerate(items):
            bag.update(zip(names, (item, index), strict=False))
            produced = await active.run.run_list(config.do, iteration_path(active.path, index))
            if results is not None:
                results.append(produced)
    finally:
        for name, value in zip(names, before, strict=True):
            if value is _ABSENT:
                bag.pop(name, None)
            else:
                bag[name] = value
    return Done({"iterations": len(items), "last": produced} if results is None else results)


def _items(active: ActiveTask, config: ForConfig) -> list[Json]:
    if config.in_ is None:
        raise failed("configuration", "`in` is missing")
    try:
        items = config.in_.evaluate(active.scope(), active.run.evaluator)
    except ExpressionError as error:
        raise active.expression_failed(error) from None
    if isinstance(items, list):
        return items
    reason = f"`in` needs a list, this is of type {type_name(items)}"
    raise active.expression_failed(ExpressionError(config.in_.text, reason))
