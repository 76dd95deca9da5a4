"""The data bag of profile `stigmer`: everything set, results under task names, loop variables, the caught error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from apps.workflows.dataflow.base import Done, RunFacts, TaskInFlow
from apps.workflows.definition import RESERVED_NAMES, Task
from apps.workflows.errors import failed
from apps.workflows.expressions import Scope
from apps.workflows.values import Json, TooLarge, check_size


@dataclass
class Bag:
    """`bag` is what `.` and `$context` show. Filled in place: tasks of one branch run one at a time."""

    facts: RunFacts
    bag: dict[str, Json] = field(default_factory=dict)
    output: Json = None
    current: Json = None
    """What the last task exported, or else produced: the `.` of `. == v` in a switch."""
    caught: dict[str, str] = field(default_factory=dict)
    """Names that hold a caught error, with the place of the TRY that put it there."""
    spread: dict[str, str] = field(default_factory=dict)
    """Keys that a flat export put into the bag, with the place of the task that did."""

    def enter(self, task: TaskInFlow) -> None:
        """Nothing: every task sees the whole bag."""

    def leave(self, task: TaskInFlow, done: Done) -> Json:
        """Put the output, or what the task exports, under its name, and flat where keys are free."""
        if done.keeps_data:
            return done.output
        self._check(done.output)
        if done.sets_data:
            self._set(done.output)
        seen = done.output if done.seen is None else done.seen
        kept = self._exported(task, seen)
        self.current = kept
        if not (done.sets_data and task.task.name in done.output):
            self.bag[task.task.name] = kept
            self.spread.pop(task.task.name, None)
        if task.task.export is not None and isinstance(kept, dict):
            self._export_flat(task.task, kept)
        self.output = done.output
        return done.output

    def scope(self, variables: Mapping[str, Json], *, over_value: bool = False) -> Scope:
        return self._scope(self.current if over_value else self.bag, variables)

    def bound(self, names: Iterable[str]) -> dict[str, Json]:
        return {name: self.bag[name] for name in names if name in self.bag}

    def bind(self, values: Mapping[str, Json]) -> None:
        self.bag.update(values)

    def unbind(self, names: Iterable[str], before: Mapping[str, Json]) -> None:
        for name in names:
            self.bag.pop(name, None)
        self.bag.update(before)

    def catch(self, names: Iterable[str], error: Json, owner: str) -> None:
        for name in names:
            self.bag[name] = error
            self.caught[name] = owner

    def forget_caught(self, owner: str) -> None:
        for name in [name for name, other in self.caught.items() if other == owner]:
            self.bag.pop(name, None)
            del self.caught[name]

    def split(self) -> Self:
        return self.restored(self.state())

    def state(self) -> dict[str, Json]:
        return {
            "bag": dict(self.bag),
            "output": self.output,
            "current": self.current,
            "caught": dict(self.caught),
            "spread": dict(self.spread),
        }

    def restored(self, state: dict[str, Json]) -> Self:
        return type(self)(self.facts, **state)

    def _scope(self, dot: Json, variables: Mapping[str, Json]) -> Scope:
        facts = self.facts
        return Scope(
            bag=self.bag,
            dot=dot,
            variables={**facts.variables, "output": self.output, **variables},
            secrets=facts.secrets,
            nonce=facts.nonce,
            now=facts.now,
            input_texts=facts.input_texts,
            is_input_strict=facts.is_input_strict,
        )

    def _set(self, values: dict[str, Json]) -> None:
        """Put values into the bag for good: they belong to no task any more."""
        for name, value in values.items():
            self.spread.pop(name, None)
            self.bag[name] = value

    def _exported(self, task: TaskInFlow, output: Json) -> Json:
        if task.task.export is None:
            return output
        scope = self._scope(output, {**task.variables, "output": output})
        exported = task.evaluate(task.task.export, scope)
        self._check(exported)
        return exported

    def _export_flat(self, task: Task, exported: dict[str, Json]) -> None:
        for key, value in exported.items():
            free = key not in self.bag or self.spread.get(key) == task.place
            if free and key not in RESERVED_NAMES:
                self.bag[key] = value
                self.spread[key] = task.place

    def _check(self, value: Json) -> None:
        try:
            check_size(value, self.facts.limits.value_characters)
        except TooLarge as error:
            raise failed("runtime", str(error)) from None
