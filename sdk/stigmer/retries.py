"""How often something that failed is tried again: the `retry` of a task that calls, and of a catch."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, TypeVar

from stigmer import checks
from stigmer.errors import DefinitionError
from stigmer.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

Backoff = Literal["constant", "linear", "exponential"]
BACKOFFS: Final = ("constant", "linear", "exponential")
FIELDS: Final = ("limit", "delay", "backoff", "errors")
MOST_ATTEMPTS: Final = 100

T = TypeVar("T", bound=Task)


class Retry(TypedDict, total=False):
    """`limit` attempts in all, 1 to 100 (5), after a `delay` that grows by `backoff`, of the types in `errors` (all).

    The delay is a number of seconds (1), a timedelta, or ISO 8601 as `PT1M30S`.
    """

    limit: int
    delay: "float | timedelta | str | Mapping[str, float]"
    backoff: Backoff
    errors: "Sequence[str]"


def tried_again(task: T, retry: Retry | None) -> T:
    """The task, with what it says of its calls that fail."""
    if retry is not None:
        task.config()["retry"] = retry_config(task.owner, retry)
    return task


def retry_config(owner: str, retry: object) -> dict[str, Any]:
    """The fields of a `retry`. What a delay may be is the server's to say."""
    given = checks.mapping(owner, "retry", retry)
    config: dict[str, Any] = {}
    for name, value in given.items():
        argument = f"retry[{name!r}]"
        if name not in FIELDS:
            raise DefinitionError(owner, argument, f"is not known: a retry has {', '.join(FIELDS)}")
        if name == "limit":
            config[name] = checks.whole(owner, argument, value, 1, MOST_ATTEMPTS)
        elif name == "backoff":
            config[name] = checks.one_of(owner, argument, value, BACKOFFS)
        elif name == "errors":
            config[name] = checks.texts(owner, argument, value)
        else:
            config[name] = _delay(owner, argument, value)
    return config


def _delay(owner: str, argument: str, value: object) -> object:
    measure = getattr(value, "total_seconds", None)
    found = measure() if callable(measure) else value
    if isinstance(found, bool) or not isinstance(found, int | float | str | Mapping):
        problem = f"must be a number of seconds, a timedelta or ISO 8601, not {checks.kind_of(value)}"
        raise DefinitionError(owner, argument, problem)
    return dict(found) if isinstance(found, Mapping) else found
