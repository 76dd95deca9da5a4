"""How the API has workflows run: each is judged and planned before it is stored, then the worker is woken."""

from __future__ import annotations

import socket
from collections.abc import Callable

from apps.processes.addresses import parse_address
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.ports import Bell, Sleeper
from apps.resources.run_errors import EngineUnavailable
from apps.workflows.expressions import Evaluator
from apps.workflows.values import Json
from apps.workflows.worker import plans, retrying

CONNECT_SECONDS = 0.3


class WorkflowLauncher:
    """The Launcher of workflow executions.

    `find_temporal` says where Temporal listens, "" where there is none, and raises EngineUnavailable.
    """

    def __init__(self, find_temporal: Callable[[], str], bell: Bell, evaluator: Evaluator, version: str) -> None:
        self.find_temporal, self.bell, self.evaluator, self.version = find_temporal, bell, evaluator, version

    def prepare(self, execution: WorkflowExecution, asked: dict[str, Json]) -> None:
        """Keep the run's plan. Raises InvalidInput for what cannot be run or has no value, EngineUnavailable."""
        if retry := asked.get("retry"):
            retrying.prepare(execution, retry)
        else:
            plans.prepare(execution, asked, self.evaluator, self.version)
        check_reachable(self.find_temporal())

    def launch(self, execution_id: str) -> None:
        del execution_id  # the worker looks for everything that is pending
        self.bell.ring(Sleeper.WORKER)

    def cancel(self, execution_id: str) -> None:
        del execution_id
        self.bell.ring(Sleeper.WORKER)


def check_reachable(address: str) -> None:
    """Raise EngineUnavailable unless something listens where Temporal should."""
    hint = "See `stigmer server status`; `stigmer server logs -c temporal` says why it does not run"
    try:
        wanted = parse_address(address)
    except ValueError:
        raise EngineUnavailable("workflows need Temporal, and none is configured", hint=hint) from None
    try:
        socket.create_connection(wanted, CONNECT_SECONDS).close()
    except OSError as error:
        reason = error.strerror or "no answer"
        raise EngineUnavailable(f"Temporal does not answer on {address}: {reason}", hint=hint) from None
