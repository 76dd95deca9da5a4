"""How far a run may go before it is stopped with an error instead of going on for ever."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    iterations: int = 1_000_000
    """Items of one FOR."""
    loop_results: int = 10_000
    """A FOR over more items keeps no list of results."""
    backward_jumps: int = 10_000
    """Of one run: `then` to a task that has already run."""
    value_characters: int = 16 * 2**20
    """Of one task's output, written as JSON."""


LIMITS = Limits()


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential: `first_seconds`, doubled each time, at most `longest_seconds`; `attempts` in all."""

    attempts: int = 5
    first_seconds: float = 1.0
    factor: float = 2.0
    longest_seconds: float = 60.0

    def delay(self, attempt: int) -> float | None:
        """Seconds to wait after failed attempt number `attempt` (1 or more); None when it was the last."""
        if attempt >= self.attempts:
            return None
        return min(self.longest_seconds, self.first_seconds * self.factor ** (attempt - 1))


HTTP_RETRIES = RetryPolicy()
"""For 5xx answers and connections that fail."""
ONCE = RetryPolicy(attempts=1)
"""For what is tried again by something around it."""
