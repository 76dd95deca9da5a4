"""What an expression can see."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from apps.workflows.values import Json


@dataclass(slots=True)
class Scope:
    """The data of one evaluation, in profile `stigmer`.

    `bag` holds everything set, results under task names, loop variables and the caught error; it is also `$context`
    and the fallback of every variable nobody defines (`$item`). `secrets` maps names to placeholders (secrets.py) and
    stands apart, so that a whole bag used as a value does not carry them along.
    """

    bag: dict[str, Json]
    dot: Json
    """What `.` means: the bag itself, except in `export.as`, where it is the task's output."""
    variables: Mapping[str, Json] = field(default_factory=dict)
    """`$input`, `$output`, `$task`, `$workflow`, `$runtime`, without the dollar sign."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    nonce: str = ""
    """The part of every placeholder that nobody outside can know; empty in a run without secrets."""
    now: Callable[[], float] = lambda: 0.0
    """Seconds since 1970 by the run's own clock: jq's `now`."""
    draw: Callable[[], bytes] = lambda: bytes(16)
    """16 bytes that are others at each call, and the same at each repetition: `uuid`, `random`."""
    input_texts: Set[str] = frozenset()
    """What was given as text: comparing it with a number or truth value is refused (input_texts.py)."""

    is_input_strict: bool = False
    """Whether a path of the input that is compared, or becomes text that leaves the run, has to be there."""

    def variable(self, name: str) -> Json:
        """The value of `$name`; null when nothing has that name."""
        if name == "context":
            return self.bag
        if name == "secrets":
            return self.secrets
        if name in self.variables:
            return self.variables[name]
        return self.bag.get(name)
