"""Secrets travel as placeholders and are opened only inside the call that needs them.

The interpreter never holds a secret. `.secrets.KEY` is a *placeholder*: a string that can be put anywhere a string
can and joined with other text, stored in variables, sent through jq, written to Temporal's history. The code that
makes a call replaces placeholders by values on its way out (`reveal`) and values by placeholders on the way back
(`conceal`), so that a service which echoes a token does not put it into the run's data. What people see is masked.

Two properties carry this:

- A placeholder contains the run's nonce, 128 bits that never leave the process boundary, so text that comes from
  outside cannot pretend to be one and have a secret delivered to it.
- It is full of characters every encoding touches (quotes, spaces, upper and lower case, percent, non-ASCII). An
  expression that changes a secret instead of moving it (base64, trim, split, comparison) therefore breaks the
  placeholder, and is refused instead of sending the wrong bytes (`expressions/sealed.py`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from apps.workflows.values import Json, map_strings

MASK = "********"
OPEN, CLOSE = " \u27ea\"'&<%\\,Aa", "\u27eb "
SHORTEST_CONCEALED = 4
"""Values shorter than this are not searched for in answers: they would be found in innocent data."""


class UnknownSecret(LookupError):
    """A placeholder whose name has no value."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no value was given for the secret {name}")


def placeholder(name: str, nonce: str) -> str:
    """The string that stands for the secret `name` in a run."""
    return f"{OPEN}{name} {nonce}{CLOSE}"


def placeholders(names: list[str], nonce: str) -> dict[str, str]:
    """`.secrets` of a run: each name with its placeholder."""
    return {name: placeholder(name, nonce) for name in names}


def intact(text: str, nonce: str) -> bool:
    """Whether every trace of the nonce in `text` belongs to a whole placeholder."""
    return text.count(nonce) == len(_pattern(nonce).findall(text))


def reveal(value: Json, nonce: str, lookup: Callable[[str], str]) -> Json:
    """`value` with every placeholder replaced, object keys included. Raises whatever `lookup` raises."""
    if not nonce:
        return value
    pattern = _pattern(nonce)
    return map_strings(value, lambda text: pattern.sub(lambda match: lookup(match.group(1)), text), nonce)


def conceal(value: Json, nonce: str, secrets: Mapping[str, str]) -> Json:
    """`value`, which came from outside, with every secret's value replaced by its placeholder."""
    known = sorted(
        ((secret, name) for name, secret in secrets.items() if len(secret) >= SHORTEST_CONCEALED),
        key=lambda pair: -len(pair[0]),
    )
    if not known:
        return value
    names = dict(known)
    pattern = re.compile("|".join(re.escape(secret) for secret, _ in known))
    return map_strings(value, lambda text: pattern.sub(lambda match: placeholder(names[match.group()], nonce), text))


def mask(value: Json, nonce: str) -> Json:
    """`value` for people: every placeholder as eight asterisks."""
    if not nonce:
        return value
    pattern = _pattern(nonce)
    return map_strings(value, lambda text: pattern.sub(MASK, text).replace(nonce, MASK), nonce)


@dataclass(frozen=True)
class RunSecrets:
    """What opens and closes the placeholders of one run. Exists only where calls are made."""

    nonce: str = field(default="", repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def open(self, value: Json) -> Json:
        """`value` as it is sent. Raises UnknownSecret."""
        return reveal(value, self.nonce, self._value_of)

    def close(self, value: Json) -> Json:
        """`value`, which came from outside, as the run may see it."""
        return conceal(value, self.nonce, self.values)

    def are_in(self, value: Json) -> bool:
        return bool(mask(value, self.nonce) != value)

    def _value_of(self, name: str) -> str:
        if name not in self.values:
            raise UnknownSecret(name)
        return self.values[name]


def _pattern(nonce: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(OPEN)}([^ \u27eb]+) {re.escape(nonce)}{CLOSE}")
