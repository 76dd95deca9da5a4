"""What is done with many at once: said first, then done one by one, each as if it were the only one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from apps.resources.admin.forms import sentences
from apps.resources.errors import StigmerError

MOST_AT_ONCE: Final = 500
NAMED: Final = 20
MOST_COMPLAINTS: Final = 5


@dataclass(frozen=True)
class Deed:
    """`for_live` says which runs it is for: those under way (True), those that ended (False), or all (None).

    `asks` is what has to be typed for it, if anything.
    """

    name: str
    verb: str
    done: str
    what_happens: Sequence[str]
    for_live: bool | None = None
    is_dangerous: bool = False
    asks: str = ""


class Named(Protocol):
    """A row as the question before a deed names it."""

    @property
    def pk(self) -> str: ...


@dataclass(frozen=True)
class Chosen:
    """`left` is how many of those that were chosen this is not for, or that are too many.

    `also` are sentences about what else goes.
    """

    lines: Sequence[Named]
    left: int = 0
    has_more: bool = False
    also: Sequence[str] = ()

    @property
    def named(self) -> Sequence[Named]:
        return self.lines[:NAMED]

    @property
    def unnamed(self) -> int:
        return len(self.lines) - len(self.named)


@dataclass(frozen=True)
class Outcome:
    done: int
    complaints: list[str]


def perform(ids: Sequence[str], act: Callable[[str], object]) -> Outcome:
    """Each by itself; what fails is told and stops nothing."""
    complaints: Counter[str] = Counter()
    done = 0
    for each in ids[:MOST_AT_ONCE]:
        try:
            act(each)
            done += 1
        except StigmerError as error:
            complaints[sentences(error)] += 1
    told = complaints.most_common(MOST_COMPLAINTS)
    said = [text if count == 1 else f"{count} times: {text}" for text, count in told]
    if len(complaints) > MOST_COMPLAINTS:
        said.append(f"And {sum(complaints.values()) - sum(count for _, count in told)} more.")
    return Outcome(done, said)
