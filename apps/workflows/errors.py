"""Errors of a running workflow: RFC 7807 objects, and the names programs know their types by."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from apps.shared.reach import REFUSED
from apps.workflows.values import Json

STANDARD: Final = "https://serverlessworkflow.io/spec/1.0.0/errors/"
_PREFIXES = (
    STANDARD,
    "https://serverlessworkflow.io/dsl/errors/types/",
    "https://open-workflow-specification.org/spec/1.0.0/errors/",
    "https://open-workflow-specification.org/dsl/errors/types/",
)
STATUSES: Final = {
    "configuration": 400,
    "validation": 400,
    "expression": 400,
    "authentication": 401,
    "authorization": 403,
    "timeout": 408,
    "communication": 500,
    "runtime": 500,
}
"""The eight standard types with their default status."""

HTTP_NAME: Final = "CallHTTP error"
GRPC_NAME: Final = "CallGRPC error"
CONDITION_NAME: Final = "If statement error"
ANY: Final = "*"
_NAMES = {
    HTTP_NAME: frozenset({"communication", "timeout"}),
    GRPC_NAME: frozenset({"communication", "timeout"}),
    "Validation": frozenset({"validation"}),
    CONDITION_NAME: frozenset({"expression"}),
    "command": frozenset({"runtime"}),
}
"""What existing programs call error types, and the standard types each stands for."""
_CARRIED = {name: frozenset({"communication"}) for name, kinds in _NAMES.items() if "communication" in kinds}
"""The standard types of errors that carry such a name themselves, where not all that it stands for do."""


class ErrorType(str):
    """The type of a caught error, as data: a string that `==` compares by `is_error_of`."""

    __slots__ = ()


def standard_types(name: str) -> frozenset[str]:
    """The standard types `name` stands for, by any of its spellings; empty for a type of the author's own."""
    if name in _NAMES:
        return _NAMES[name]
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            tail = name[len(prefix) :]
            return frozenset({tail}) if tail in STATUSES else frozenset()
    return frozenset({name}) if name in STATUSES else frozenset()


def is_error_of(type_: Json, name: Json) -> bool:
    """Whether an error of type `type_` is one that `name` means; `*` means every error.

    The two sides differ: whoever asks for "CallHTTP error" means calls without an answer in time, too, but an error
    that has this name is no `timeout` (it would have that type).
    """
    if not isinstance(type_, str) or not isinstance(name, str):
        return False
    if type_ == name or ANY in (type_, name):
        return True
    if type_ in _NAMES and name in _NAMES:
        return False
    return bool((_CARRIED.get(type_) or standard_types(type_)) & standard_types(name))


@dataclass(frozen=True)
class Problem:
    """One error of a run. `kind` is a standard type without its prefix, or a type of the author's own."""

    kind: str
    detail: str
    status: int = 0
    title: str = ""
    instance: str = ""
    name: str = ""
    """What existing programs call this type; empty where they have no name for it."""
    at: float = 0.0
    """Seconds since 1970 by the run's clock; 0 until a task has failed with it."""
    extra: dict[str, Json] = field(default_factory=dict)
    wait_seconds: float = 0.0
    """What the other side asks to be waited for before it is tried again; 0 where it does not say."""

    @property
    def type(self) -> str:
        return f"{STANDARD}{self.kind}" if self.kind in STATUSES else self.kind

    def placed(self, instance: str, at: float) -> "Problem":
        """This error with the task it happened in, unless it already names one."""
        return self if self.instance else replace(self, instance=instance, at=at)

    def matches(self, name: str) -> bool:
        # What is called by a name is told apart by it: a failed HTTP call is no "CallGRPC error".
        called = self.name if self.name and name in _NAMES else self.type
        return is_error_of(called, name) or self.name == name

    def as_data(self) -> dict[str, Json]:
        """The RFC 7807 object."""
        return {
            "type": self.type,
            "status": self.status or STATUSES.get(self.kind, 500),
            "title": self.title or self.kind.capitalize(),
            "detail": self.detail,
            "instance": self.instance,
        }

    def as_caught(self) -> dict[str, Json]:
        """What `.error` is in a catch block: the RFC 7807 object with `message`, `timestamp` and the known name."""
        return self.as_data() | {
            "type": ErrorType(self.name or self.type),
            "message": self.detail,
            "timestamp": datetime.fromtimestamp(self.at, UTC).isoformat().replace("+00:00", "Z"),
            **self.extra,
        }


class TaskFailed(Exception):
    """A task failed with `problem`; a surrounding TRY may catch it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.detail)


class RunStopped(Exception):
    """The run goes no further, for a reason that is none of its tasks'. No `try` catches this."""


class RunCancelled(RunStopped):
    """Something the run waits for was cancelled, and the run with it."""


def forbidden(detail: str) -> Problem:
    """The server calls an address for nobody: trying again is no use, and catching a failed call does not catch it."""
    return Problem("authorization", detail, extra={"reason": REFUSED})


def failed(kind: str, detail: str, *, status: int = 0, title: str = "", name: str = "") -> TaskFailed:
    """A TaskFailed to raise: `kind` as in Problem."""
    return TaskFailed(Problem(kind, detail, status=status, title=title, name=name))
