"""An agent whose runs wait, as in the tests of runs."""

from tests.resources.executions.conftest import agent_id, idle

__all__ = ["agent_id", "idle"]
