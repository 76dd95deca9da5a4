"""What the server says about itself."""

from __future__ import annotations

import json
import time

from apps.backends.version import VERSION
from tests.suites.api_unit import ApiUnit
from tests.suites.client import Api


def test_it_says_what_runs_and_where(api: Api, unit: ApiUnit) -> None:
    before = time.time()
    info = api.info()
    after = time.time()
    assert info.version == VERSION
    assert "Python" in info.build
    assert info.data_dir == str(unit.data_dir)
    # Uptime is in whole seconds, and counted by another clock.
    assert before - 2 <= info.started_at.ToNanoseconds() / 1e9 + info.uptime_seconds <= after + 1


def test_components_come_from_the_daemons_state_file(api: Api, unit: ApiUnit) -> None:
    assert list(api.info().components) == []
    state_file = unit.data_dir / "run" / "state.json"
    state_file.parent.mkdir(exist_ok=True)  # there already when a test before this one woke a runner
    state = {
        "components": [
            {"name": "api", "state": "READY", "pid": 7, "address": unit.endpoint, "starts": 2, "since": 1.5},
            {"name": "web", "state": "FAILED", "pid": None, "address": None, "reason": "port taken"},
        ]
    }
    try:
        state_file.write_text(json.dumps(state))
        first, second = api.info().components
        assert (first.name, first.state, first.pid, first.starts) == ("api", "READY", 7, 2)
        assert first.address == unit.endpoint
        assert first.since.ToNanoseconds() == 1_500_000_000
        assert (second.name, second.state, second.pid, second.reason) == ("web", "FAILED", 0, "port taken")
        state_file.write_text("{ damaged")
        assert list(api.info().components) == []
    finally:
        state_file.unlink()
