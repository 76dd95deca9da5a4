"""The configuration of the tasks that hold no other tasks, and what their calls are written with."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from stigmer import checks
from stigmer.errors import DefinitionError, Place, caller
from stigmer.expression import Expression, Result, Value
from stigmer.metadata import SCOPES
from stigmer.task import Task, described, free_name
from stigmer.values import json_object, program, text_object, text_value, variable

if TYPE_CHECKING:
    from datetime import timedelta

HttpMethod = Literal["GET", "POST", "PUT", "DELETE", "PATCH"]
HTTP_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH")
ListenMode = Literal["one", "all"]
ACTIVITY_TIMEOUT_MAX: Final = 30 * 86_400
LISTEN_MODES: Final = ("one", "all")
HTTP_TIMEOUT_MAX: Final = 300
AGENT_TIMEOUT_MAX: Final = 3600
AGENT_TIMEOUT: Final = 300


class Case:
    """One way out of a switch, made by `case()` or `otherwise()`."""

    def __init__(self, name: str, when: str | None, then: Task | str) -> None:
        self.name = name
        self.when = when
        self.place = caller()
        self.then = then.name if isinstance(then, Task) else then

    def to_dict(self) -> dict[str, Any]:
        """The fields of a SwitchCase."""
        return {"name": self.name, **({"when": self.when} if self.when else {}), "then": self.then}


def case(name: str, *, when: Expression | Result | str, then: Task | str) -> Case:
    """Go to `then` when the condition holds: a task, its name (it may come later), "continue", "exit" or "end"."""
    owner = f'case("{name}")'
    checks.required(owner, "name", name)
    return Case(name, condition(owner, when), _target(owner, then))


def otherwise(then: Task | str, *, name: str = "default") -> Case:
    """Go to `then` when no case before it holds."""
    return Case(checks.required("otherwise", "name", name), None, _target("otherwise", then))


def condition(owner: str, when: object) -> str:
    if isinstance(when, bool):
        raise DefinitionError(owner, "when", "must be an expression: Python made this comparison already")
    if not isinstance(when, Expression | Result | str):
        raise DefinitionError(owner, "when", f"must be an expression, not {checks.kind_of(when)}")
    return program(owner, "when", when)


def _target(owner: str, then: object) -> Task | str:
    return then if isinstance(then, Task) else checks.required(owner, "then", then)


class Switch(Task):
    """A choice of where to go on."""

    def __init__(self, name: str, cases: Iterable[Case]) -> None:
        super().__init__(name, "SWITCH", {})
        self._cases = checks.instances(self.owner, "cases", cases, Case)
        if not self._cases:
            raise DefinitionError(self.owner, "cases", "must be at least one")
        checks.unique(self.owner, "cases", (item.name for item in self._cases))
        early = [item for item in self._cases[:-1] if item.when is None]
        if early:
            raise DefinitionError(self.owner, "otherwise", "must be the last and only one: nothing after it can hold")

    def targets(self) -> list[tuple[str, str, Place]]:
        return [*super().targets(), *((f'case "{item.name}"', item.then, item.place) for item in self._cases)]

    def config(self) -> dict[str, Any]:
        return {"cases": [item.to_dict() for item in self._cases]}


class Signal:
    """What a LISTEN task waits for, made by `signal()`, `query()` or `update()`."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = checks.required(kind, "id", name)
        self.kind = kind

    def to_dict(self) -> dict[str, Any]:
        """The fields of a SignalSpec."""
        return {"id": self.name, "type": self.kind}


def signal(name: str) -> Signal:
    """A message from outside that asks for no answer."""
    return Signal(name, "signal")


def query(name: str) -> Signal:
    """A question from outside."""
    return Signal(name, "query")


def update(name: str) -> Signal:
    """A message from outside that is answered."""
    return Signal(name, "update")


def set_task(name: str, variables: Mapping[str, Value] | None, more: Mapping[str, Value]) -> Task:
    """SET: variables by name."""
    owner = described("SET", name)
    given = {**(checks.mapping(owner, "variables", variables) if variables is not None else {}), **more}
    if not given:
        raise DefinitionError(owner, "variables", "must be at least one")
    for key in given:
        free_name(owner, "a name of variables", key)
    return Task(name, "SET", {"variables": {key: variable(owner, key, value) for key, value in given.items()}})


def http_task(
    name: str,
    method: str,
    uri: Value,
    headers: Mapping[str, Value] | None,
    body: Mapping[str, Value] | None,
    timeout_seconds: int,
) -> Task:
    """HTTP_CALL."""
    owner = described("HTTP_CALL", name)
    config: dict[str, Any] = {
        "method": checks.one_of(owner, "method", method, HTTP_METHODS),
        "endpoint": {"uri": checks.required(owner, "uri", text_value(owner, "uri", uri))},
        "timeout_seconds": checks.whole(owner, "timeout_seconds", timeout_seconds, 1, HTTP_TIMEOUT_MAX),
    }
    if headers:
        config["headers"] = text_object(owner, "headers", headers)
    if body is not None:
        config["body"] = json_object(owner, "body", body)
    return Task(name, "HTTP_CALL", config)


def grpc_task(
    name: str,
    service: str,
    method: str,
    request: Mapping[str, Value] | None,
    *,
    metadata: Mapping[str, Value] | None,
    timeout_seconds: int | None,
) -> Task:
    """GRPC_CALL."""
    owner = described("GRPC_CALL", name)
    config: dict[str, Any] = {
        "service": checks.required(owner, "service", service),
        "method": checks.required(owner, "method", method),
    }
    if request is not None:
        config["request"] = json_object(owner, "request", request)
    if metadata:
        config["metadata"] = text_object(owner, "metadata", metadata)
    if timeout_seconds is not None:
        config["timeout_seconds"] = checks.whole(owner, "timeout_seconds", timeout_seconds, 1, HTTP_TIMEOUT_MAX)
    return Task(name, "GRPC_CALL", config)


def activity_task(
    name: str, activity: str, given: Mapping[str, Value] | None, queue: str | None, timeout_seconds: int | None
) -> Task:
    """CALL_ACTIVITY."""
    owner = described("CALL_ACTIVITY", name)
    config: dict[str, Any] = {"activity": checks.required(owner, "activity", activity)}
    if given is not None:
        config["input"] = json_object(owner, "input", given)
    if queue is not None:
        config["task_queue"] = checks.required(owner, "task_queue", queue)
    if timeout_seconds is not None:
        config["timeout_seconds"] = checks.whole(owner, "timeout_seconds", timeout_seconds, 1, ACTIVITY_TIMEOUT_MAX)
    return Task(name, "CALL_ACTIVITY", config)


def run_task(name: str, slug: str, given: Mapping[str, Value] | None, *, wait: bool) -> Task:
    """RUN: a child workflow."""
    owner = described("RUN", name)
    config: dict[str, Any] = {"workflow": checks.valid_slug(owner, "workflow", slug)}
    if given is not None:
        config["input"] = json_object(owner, "input", given)
    if not checks.flag(owner, "wait", wait):
        config["await"] = False
    return Task(name, "RUN", config)


def listen_task(name: str, signals: Iterable[Signal | str], mode: str) -> Task:
    """LISTEN: wait for one signal, or for all of them."""
    owner = described("LISTEN", name)
    named = [signal(item) if isinstance(item, str) else item for item in signals]
    found = checks.instances(owner, "signals", named, Signal)
    if not found:
        raise DefinitionError(owner, "signals", "must be at least one")
    checks.unique(owner, "signals", (item.name for item in found))
    checks.one_of(owner, "mode", mode, LISTEN_MODES)
    return Task(name, "LISTEN", {"to": {"mode": mode, "signals": [item.to_dict() for item in found]}})


def wait_task(name: str, seconds: "int | timedelta | Expression | Result | None", until: object) -> Task:
    """WAIT: so many seconds, for a timedelta, or until a moment."""
    owner = described("WAIT", name)
    if (seconds is None) == (until is None):
        raise DefinitionError(owner, "seconds", "or until must be given, one of them")
    if isinstance(seconds, Expression | Result):
        return Task(name, "WAIT", {"seconds": text_value(owner, "seconds", seconds)})
    if until is None:
        given = seconds if isinstance(seconds, int) else _seconds(seconds)
        if isinstance(given, float) and given > 0:
            return Task(name, "WAIT", {"duration": {"seconds": given}})
        return Task(name, "WAIT", {"seconds": checks.whole(owner, "seconds", given, 1)})
    if not isinstance(until, Expression | Result) and getattr(until, "tzinfo", None) is not None:
        until = until.isoformat()  # type: ignore[attr-defined]  # of a moment that has a zone
    return Task(name, "WAIT", {"until": text_value(owner, "until", until)})


def _seconds(length: object) -> object:
    """The seconds of a timedelta, whole where they are; anything else as it came."""
    measure = getattr(length, "total_seconds", None)
    found = measure() if callable(measure) else length
    return int(found) if isinstance(found, float) and found.is_integer() else found


def raise_task(name: str, error: Value, message: Value) -> Task:
    """RAISE: fail with an error of a type."""
    owner = described("RAISE", name)
    kind = checks.required(owner, "error", text_value(owner, "error", error))
    words = checks.required(owner, "message", text_value(owner, "message", message))
    return Task(name, "RAISE", {"error": kind, "message": words})


def agent_task(
    name: str,
    slug: str,
    message: Value,
    *,
    env: Mapping[str, Value] | None,
    scope: str | None,
    model: str | None,
    temperature: float | None,
    timeout_seconds: int | None,
) -> Task:
    """AGENT_CALL. `slug` is the agent's; options that are not given are left to the server."""
    owner = described("AGENT_CALL", name)
    spoken = checks.dedent(message) if isinstance(message, str) else message
    config: dict[str, Any] = {
        "agent": checks.valid_slug(owner, "agent", slug),
        "message": checks.required(owner, "message", text_value(owner, "message", spoken)),
    }
    if scope is not None:
        config["scope"] = checks.one_of(owner, "scope", scope, SCOPES)
    if env:
        config["env"] = text_object(owner, "env", env)
    options = _agent_options(owner, model, temperature, timeout_seconds)
    if options:
        # The contract demands a timeout wherever there are options: this is its documented default.
        config["config"] = {"timeout": AGENT_TIMEOUT, **options}
    return Task(name, "AGENT_CALL", config)


def _agent_options(
    owner: str, model: str | None, temperature: float | None, timeout_seconds: int | None
) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if model is not None:
        options["model"] = checks.required(owner, "model", model)
    if timeout_seconds is not None:
        options["timeout"] = checks.whole(owner, "timeout_seconds", timeout_seconds, 1, AGENT_TIMEOUT_MAX)
    if temperature is not None:
        options["temperature"] = checks.fraction(owner, "temperature", temperature)
    return options
