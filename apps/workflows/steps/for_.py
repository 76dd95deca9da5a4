"""FOR: run a list of tasks once for each item, one after the other or several at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import RESERVED_NAMES, Config, Task
from apps.workflows.errors import failed
from apps.workflows.expressions import ExpressionError, Program
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import Body, TaskContext
from apps.workflows.task_paths import iteration_path
from apps.workflows.values import Json, type_name

INDEX = "index"
MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class ForConfig(Config):
    each: str
    in_: Program | None
    """None only in a definition that did not parse."""
    do: tuple[Task, ...]
    concurrency: int = 1
    """So many iterations at once."""

    @property
    def bodies(self) -> tuple[tuple[Task, ...], ...]:
        return (self.do,)


@dataclass
class _Loop:
    """How far a loop has come."""

    items: list[Json]
    names: list[str]
    """Of its variables: the item, and unless that key is taken the index."""
    hidden: dict[str, Json]
    """What stood under these names before."""
    results: list[Json] | None
    """What the iterations produced; None for a loop too long to keep it."""
    last: Json = None
    index: int = 0


def parse(reader: Reader, tasks: ParseTasks) -> ForConfig:
    fields = reader.fields("each", "in", "do", "concurrency")
    each = fields["each"].text().removeprefix("$")
    if each and (each in RESERVED_NAMES or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", each)):
        fields["each"].complain(f"{each} cannot be the name of a loop variable")
    concurrency = fields["concurrency"].integer(least=1, most=MOST_AT_ONCE, default=1)
    return ForConfig(each, fields["in"].program(), tasks(fields["do"]), concurrency)


async def run(active: TaskContext, config: ForConfig) -> Done:
    """Output: what each iteration's last task produced, in order.

    The item is in the bag under the name of `each`, its number from 0 under `index` unless that key is taken. Both are
    gone, or what they were, when the loop ends. What tasks set inside stays; of several iterations at once each has
    data of its own.
    """
    if config.concurrency > 1:
        return await _run_several(active, config)
    frame = active.next_frame()
    loop = _Loop(**frame) if frame else _begun(active, config)
    is_inside = frame is not None
    try:
        with active.framed(lambda: {**vars(loop)}):
            while loop.index < len(loop.items):
                if not is_inside:  # the variables of an iteration that was suspended are set, and may have been changed
                    values = loop.items[loop.index], loop.index
                    active.data.bind(dict(zip(loop.names, values, strict=False)))
                is_inside = False
                loop.last = await active.run_list(config.do, iteration_path(active.path, loop.index))
                if loop.results is not None:
                    loop.results.append(loop.last)
                loop.index += 1
    finally:
        active.data.unbind(loop.names, loop.hidden)
    return Done({"iterations": loop.index, "last": loop.last} if loop.results is None else loop.results)


@dataclass
class _Lot:
    """The iterations of a parallel loop that are under way together: so many results as a loop keeps."""

    items: list[Json]
    names: list[str]
    results: list[Json]
    """Of the lots before."""
    begin: int = 0


async def _run_several(active: TaskContext, config: ForConfig) -> Done:
    """Each iteration is a branch. The first that fails ends the others."""
    frame = active.next_frame()
    if frame:
        lot = _Lot(**frame)
    else:
        loop = _begun(active, config)
        lot = _Lot(loop.items, loop.names, [])
    most = active.limits.loop_results
    is_kept = len(lot.items) <= most
    with active.framed(lambda: {**vars(lot)}):
        while lot.begin < len(lot.items):
            numbers = range(lot.begin, min(lot.begin + most, len(lot.items)))
            bodies = [_iteration(active, config, lot, number) for number in numbers]
            produced = await active.run_branches(bodies, at_once=config.concurrency)
            lot.results = produced if is_kept else produced[-1:]
            lot.begin = numbers.stop
    return Done(lot.results if is_kept else {"iterations": lot.begin, "last": lot.results[-1]})


def _iteration(active: TaskContext, config: ForConfig, lot: _Lot, number: int) -> Body:
    variables = dict(zip(lot.names, (lot.items[number], number), strict=False))
    return Body(iteration_path(active.path, number), config.do, variables, title=f"iteration {number}")


def _begun(active: TaskContext, config: ForConfig) -> _Loop:
    items, limits = _items(active, config), active.limits
    if len(items) > limits.iterations:
        raise failed("runtime", f"a loop over {len(items):,} items; at most {limits.iterations:,} are allowed")
    at_once = {"concurrency": config.concurrency} if config.concurrency > 1 else {}
    active.begin({"items": len(items), **at_once})
    hidden = active.data.bound([config.each, INDEX])
    names = [config.each] if INDEX in hidden or config.each == INDEX else [config.each, INDEX]
    return _Loop(
        items,
        names,
        hidden={name: hidden[name] for name in names if name in hidden},
        results=[] if len(items) <= limits.loop_results else None,
    )


def _items(active: TaskContext, config: ForConfig) -> list[Json]:
    if config.in_ is None:
        raise failed("configuration", "`in` is missing")
    items = active.evaluate(config.in_)
    if isinstance(items, list):
        return items
    reason = f"`in` needs a list, this is of type {type_name(items)}"
    raise active.expression_failed(ExpressionError(config.in_.text, reason))
