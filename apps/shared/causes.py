"""What is behind an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """An error and those behind it, from the outermost in. Each once, for they may form a circle."""
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def leaves_of(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group, however deep it is; one that is no group by itself."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from leaves_of(each)
    else:
        yield error
