"""What people are never told to do."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.test_commands_that_are_named import ROOT, files

# Another product is called so on PyPI.
INSTALLS_BY_NAME = re.compile(r"(?:pip3?|pipx|uv|uvx|poetry)(?: \w+)* [`'\"]*stigmer\b(?!-)")
# Command lines are visible to everybody on the machine.
SECRET_ON_THE_COMMAND_LINE = re.compile(r"secret:[\w{}]+=")
READS_IT = "cli/runs/runtime_env.py"


@pytest.mark.parametrize("advice", [INSTALLS_BY_NAME, SECRET_ON_THE_COMMAND_LINE], ids=["install", "secret"])
def test_nobody_is_told_what_does_harm(advice: re.Pattern[str]) -> None:
    found = {str(path.relative_to(ROOT)): advice.findall(path.read_text()) for path in files()}
    assert {place for place, words in found.items() if words} <= {READS_IT}


def test_the_search_finds_such_advice() -> None:
    assert INSTALLS_BY_NAME.search("Run `pip install 'stigmer[anthropic]'`")
    assert not INSTALLS_BY_NAME.search("pip install stigmer-control-plane")
    assert SECRET_ON_THE_COMMAND_LINE.search("--runtime-env secret:KEY=demo")
