"""Tasks that hold tasks: loops, parallel branches and error handling, each opened by `with`."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self

from stigmer import checks
from stigmer.errors import DefinitionError, Place, caller
from stigmer.expression import Expression, Result, Value
from stigmer.jq import TERM, member
from stigmer.nesting import Nesting
from stigmer.retries import Retry, retry_config
from stigmer.steps import condition
from stigmer.task import Task, free_name, nested
from stigmer.values import program

if TYPE_CHECKING:
    from types import TracebackType

MOST_AT_ONCE: Final = 1000


class Block:
    """A list of tasks that is filled while its `with` is open."""

    def __init__(self, nesting: Nesting, owner: str) -> None:
        self.tasks: list[Task] = []
        self._nesting = nesting
        self._owner = owner
        self._place: Place = caller()
        self._opened = False

    @property
    def is_open_or_filled(self) -> bool:
        """Whether anybody has begun to fill it."""
        return self._opened

    def open(self) -> None:
        """Make it the place where new tasks go."""
        if self._opened:
            raise DefinitionError(self._owner, "its block", f"was opened before, at {self._place}")
        self._opened = True
        self._place = caller()
        self._nesting.enter(self.tasks)

    def close(self, error: BaseException | None) -> None:
        """Go back to the list around it. An empty block is refused, unless an error is on its way already."""
        self._nesting.leave(self.tasks)
        if error is None and not self.tasks:
            raise DefinitionError(self._owner, "its block", "has no tasks", self._place)


class ForEach(Task):
    """A loop: `with wf.for_each("each", fetch["items"]) as item:` runs its tasks once for every element."""

    def __init__(self, nesting: Nesting, name: str, over: Value, each: str, concurrency: int) -> None:
        super().__init__(name, "FOR", {})
        self.each = free_name(self.owner, "each", each)
        if not each.isidentifier() or not each.isascii():
            raise DefinitionError(self.owner, "each", f'"{each}" must be letters, digits and _')
        if over is None or isinstance(over, bool | int | float | Mapping):
            raise DefinitionError(self.owner, "over", f"must be a list or an expression, not {checks.kind_of(over)}")
        self._over = program(self.owner, "over", over)
        self._concurrency = checks.whole(self.owner, "concurrency", concurrency, 1, MOST_AT_ONCE)
        self._nesting = nesting
        self._block = Block(nesting, self.owner)

    def __enter__(self) -> Expression:
        if self.each in self._nesting.loop_names:
            problem = f'"{self.each}" is taken by a loop around it: its element could not be reached'
            raise DefinitionError(self.owner, "each", problem, self.place)
        self._block.open()
        self._nesting.loop_names.append(self.each)
        return Expression(member(".", self.each), TERM)

    def __exit__(self, kind: object, error: BaseException | None, traceback: "TracebackType | None") -> None:
        self._nesting.loop_names.remove(self.each)
        self._block.close(error)

    def bodies(self) -> list[tuple[str, list[Task]]]:
        return [("do", self._block.tasks)]

    def config(self) -> dict[str, Any]:
        several = {"concurrency": self._concurrency} if self._concurrency > 1 else {}
        return {"each": self.each, "in": self._over, "do": nested(self._block.tasks), **several}


class Branch(Result):
    """One branch of a fork. Afterwards `branch["key"]` is a part of what it left behind."""

    def __init__(self, fork: "Fork", nesting: Nesting, name: str) -> None:
        self.fork = fork
        self.name = checks.required(fork.owner, "branch", name)
        self.block = Block(nesting, f'{fork.owner}: branch "{name}"')

    def __enter__(self) -> Self:
        self.block.open()
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: "TracebackType | None") -> None:
        self.block.close(error)

    @property
    def output(self) -> Expression:
        """What the branch left behind; null for one that lost."""
        return Expression(member(member(member(".", self.fork.name), "branches"), self.name), TERM)


class Fork(Task):
    """Branches that run at the same time; with `compete`, the first to end well wins and the others are cancelled."""

    def __init__(self, nesting: Nesting, name: str, compete: bool) -> None:
        super().__init__(name, "FORK", {})
        self._compete = checks.flag(self.owner, "compete", compete)
        self._nesting = nesting
        self._branches: list[Branch] = []
        self._strays: list[Task] = []

    def __enter__(self) -> Self:
        self._nesting.enter(self._strays)
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: "TracebackType | None") -> None:
        self._nesting.leave(self._strays)
        if error is None and self._strays:
            stray = self._strays[0]
            raise DefinitionError(stray.owner, "it", f"must stand in a branch of {self.owner}", stray.place)
        if error is None:
            self._check()

    def branch(self, name: str) -> Branch:
        """A branch, to be opened by `with` inside the fork's own `with`."""
        branch = Branch(self, self._nesting, name)
        checks.unique(self.owner, "branches", [*(other.name for other in self._branches), branch.name])
        self._branches.append(branch)
        return branch

    def bodies(self) -> list[tuple[str, list[Task]]]:
        return [(f'branch "{branch.name}"', branch.block.tasks) for branch in self._branches]

    def config(self) -> dict[str, Any]:
        branches = [{"name": branch.name, "do": nested(branch.block.tasks)} for branch in self._branches]
        return {"branches": branches, **({"compete": True} if self._compete else {})}

    def _check(self) -> None:
        if len(self._branches) < 2:  # noqa: PLR2004 - the contract's own number
            raise DefinitionError(self.owner, "branches", f"must be at least 2, not {len(self._branches)}", self.place)


class Catch:
    """What to do about an error of a try: opened by `with`, which gives the error."""

    def __init__(self, nesting: Nesting, owner: str, name: str, more: dict[str, Any]) -> None:
        self.name, self.more = name, more
        self.block = Block(nesting, f"{owner}: catch")

    @property
    def does_nothing(self) -> bool:
        """It only has the tasks of the try tried again."""
        return "retry" in self.more and not self.block.is_open_or_filled

    def __enter__(self) -> Expression:
        self.block.open()
        return Expression(member(".", self.name), TERM)

    def __exit__(self, kind: object, error: BaseException | None, traceback: "TracebackType | None") -> None:
        self.block.close(error)


class Try(Task):
    """Tasks whose errors may be caught: `with wf.try_("load") as load:`, then `with load.catch() as error:`."""

    def __init__(self, nesting: Nesting, name: str) -> None:
        super().__init__(name, "TRY", {})
        self._nesting = nesting
        self._block = Block(nesting, self.owner)
        self._catch: Catch | None = None

    def __enter__(self) -> Self:
        self._block.open()
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: "TracebackType | None") -> None:
        self._block.close(error)

    def catch(
        self,
        name: str = "error",
        *,
        errors: Iterable[str] = (),
        when: Expression | Result | str | None = None,
        retry: Retry | None = None,
    ) -> Catch:
        """The tasks that run when one of the try's fails. `name` is where the error is kept: `.message`, `.type`...

        `errors` names the types that are caught, all without; `when` is a condition over the error. With a `retry`
        (`limit`, `delay`, `backoff`, `errors`) the tasks of the try are tried again first; then no `with` is needed.
        """
        if self._catch is not None:
            raise DefinitionError(self.owner, "catch", "is there already: a try has one")
        found = {
            "errors": checks.texts(self.owner, "errors", list(errors)),
            "when": None if when is None else condition(self.owner, when),
            "retry": None if retry is None else retry_config(self.owner, retry),
        }
        more = {field: value for field, value in found.items() if value}
        self._catch = Catch(self._nesting, self.owner, free_name(self.owner, "catch", name), more)
        return self._catch

    def bodies(self) -> list[tuple[str, list[Task]]]:
        caught = [("catch", self._catch.block.tasks)] if self._catch and not self._catch.does_nothing else []
        return [("try", self._block.tasks), *caught]

    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = {"try": nested(self._block.tasks)}
        if self._catch:
            do = {} if self._catch.does_nothing else {"do": nested(self._catch.block.tasks)}
            config["catch"] = {"as": self._catch.name, **self._catch.more, **do}
        return config
