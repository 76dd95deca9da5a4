"""Scripted units: each is a few lines of Python in the words of `unit_words.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from apps.backends.local.supervisor.unit import UnitSpec

WORDS = Path(__file__).parent


def script(lines: str) -> tuple[str, ...]:
    """The command that runs these lines: isolated and without site-packages, so that it starts in 20 ms."""
    prelude = f"import sys; sys.path.insert(0, {str(WORDS)!r}); from unit_words import *\n"
    return (sys.executable, "-I", "-S", "-c", prelude + lines)


def serving(address: str) -> str:
    return f"server = listen({address!r}); say(ready=True); alone()"


READY = "say(ready=True); alone()"
CRASHING = "print('the disk is on fire'); sys.exit(3)"


def unit(lines: str, name: str = "api", **more: object) -> UnitSpec:
    spec = UnitSpec(name=name, command=script(lines))
    return spec._replace(**more)  # type: ignore[arg-type]  # the fields of a UnitSpec
