"""Where Temporal is: what the daemon says now, whoever answers at the usual address."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from apps.backends.local.state import EXTERNAL, ComponentState, DaemonState, write_state
from apps.processes import process
from apps.resources.run_errors import EngineUnavailable
from stigmer_site.temporal_place import TemporalPlace

USUAL = "127.0.0.1:7233"


def place(tmp_path: Path) -> TemporalPlace:
    return TemporalPlace(tmp_path / "run" / "state.json", USUAL)


def say(tmp_path: Path, *components: ComponentState, birth: str = "") -> None:
    """As the daemon does."""
    pid = os.getpid()
    alive = birth or process.birth(pid)
    state = DaemonState(pid, alive, 0.0, 0.0, "1", str(tmp_path), "localhost:1", "127.0.0.1:2", "ready", components)
    (tmp_path / "run").mkdir(exist_ok=True)
    write_state(str(tmp_path / "run" / "state.json"), state)


def test_without_a_daemon_it_is_where_the_settings_say(tmp_path: Path) -> None:
    assert place(tmp_path).find() == USUAL
    say(tmp_path, ComponentState("api", "READY"))
    assert place(tmp_path).find() == USUAL
    say(tmp_path, ComponentState("temporal", "FAILED", address="127.0.0.1:7234"), birth="of one that is gone")
    assert place(tmp_path).find() == USUAL


@pytest.mark.parametrize("state", ["READY", EXTERNAL])
def test_it_is_where_the_daemon_says(tmp_path: Path, state: str) -> None:
    say(tmp_path, ComponentState("temporal", state, address="127.0.0.1:7234"))
    assert place(tmp_path).find() == "127.0.0.1:7234"


def test_one_that_the_daemon_does_not_vouch_for_is_not_ours(tmp_path: Path) -> None:
    where = place(tmp_path)
    say(tmp_path, ComponentState("temporal", "FAILED", address=USUAL, reason="port 7233 is held by somebody"))
    with pytest.raises(EngineUnavailable, match=f"does not answer on {USUAL}: port 7233 is held by somebody"):
        where.find()
    say(tmp_path, ComponentState("temporal", "STARTING", address=USUAL))
    with pytest.raises(EngineUnavailable, match="it is starting"):
        where.find()
    say(tmp_path, ComponentState("temporal", "READY", address="127.0.0.1:7299"))
    assert where.find() == "127.0.0.1:7299"
