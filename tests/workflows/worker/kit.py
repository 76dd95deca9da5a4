"""A whole engine: Temporal, the API and the worker as real processes, and a client that runs workflows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from google.protobuf import json_format
from stigmer_proto.controlplane.v1 import executions_pb2

from tests.suites.api_unit import ApiUnit
from tests.suites.client import EXTENSION, Api, Envelope, opened, unique
from tests.support.daemon import wait_until
from tests.support.temporal import TemporalServer

COMPLETED, FAILED, CANCELLED = 3, 4, 5
Json = Any


class WorkerUnit(ApiUnit):
    """The worker unit, started the way the daemon starts it."""

    command: ClassVar[str] = "workflowworker"


class Engine:
    """Everything that runs workflows, on a data directory of its own."""

    def __init__(self, home: Path, temporal: TemporalServer, env: Mapping[str, str] | None = None) -> None:
        self.temporal, self.home = temporal, home
        self.env = {"TEMPORAL_SERVICE_ADDRESS": temporal.address, **(env or {})}
        self.unit = ApiUnit(home, env=self.env)
        self.unit.wait_until_ready()
        self.worker = WorkerUnit(home, env=self.env)
        self.api = Api(self.unit.endpoint)

    def apply(self, tasks: list[Json], *, name: str = "", **spec: Json) -> str:
        """Deploy a workflow and answer its id."""
        name = name or unique("flow")
        document = {"dsl": "1.0.0", "namespace": "tests", "name": name, "version": "1.0.0"}
        kind = self.api.of("Workflow")
        stored = kind.apply(kind.envelope({"document": document, "tasks": tasks, **spec}, name=name))
        return str(stored.metadata.id)

    def start(self, workflow_id: str, **spec: Json) -> str:
        """Create a run and answer its id."""
        kind = self.api.of("WorkflowExecution")
        return str(kind.create(kind.envelope({"workflow_id": workflow_id, **spec})).metadata.id)

    def run(self, tasks: list[Json], *, spec: Mapping[str, Json] | None = None, **given: Json) -> Run:
        """Deploy and run to the end. `spec` is for the workflow, the rest for the run."""
        return self.end(self.start(self.apply(tasks, **(spec or {})), **given))

    def get(self, run_id: str) -> Run:
        return Run(self.api.of("WorkflowExecution").get(run_id))

    def end(self, run_id: str, *, seconds: float = 60.0) -> Run:
        """The run, once it has ended."""
        self.wait(lambda: self.get(run_id).phase >= COMPLETED, f"{run_id} ends", seconds=seconds)
        return self.get(run_id)

    def cancel(self, run_id: str, reason: str = "") -> None:
        request = executions_pb2.CancelRunRequest(execution_id=run_id, reason=reason)
        self.api.call(f"{EXTENSION}.ExecutionController.cancel", request)

    def signal(self, run_id: str, name: str, data: Json = None, **more: Json) -> executions_pb2.SignalRunResponse:
        """Send a signal; `id`, `type` and `wait_seconds` are for the request."""
        request = executions_pb2.SignalRunRequest(execution_id=run_id, name=name, **more)
        json_format.ParseDict(data, request.data)
        answer: executions_pb2.SignalRunResponse = self.api.call(f"{EXTENSION}.ExecutionController.signal", request)
        return answer

    def terminate(self, run_id: str, reason: str = "") -> Run:
        """The run as it is then."""
        request = executions_pb2.TerminateRunRequest(execution_id=run_id, reason=reason)
        return Run(opened(self.api.call(f"{EXTENSION}.ExecutionController.terminate", request)))

    def until_task(self, run_id: str, path: str, status: str = "IN_PROGRESS") -> None:
        """Wait until the record of a task says so."""
        self.wait(lambda: self.get(run_id).statuses.get(path) == status, f"{path} is {status}")

    def wait(self, true: Any, what: str, *, seconds: float = 30.0) -> None:
        try:
            wait_until(true, what, seconds=seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.worker.log[-4000:]}") from None

    def kill_worker(self) -> None:
        self.worker.signal(9)
        self.worker.wait()

    def close(self) -> None:
        self.api.close()
        self.worker.close()
        self.unit.close()


class Run:
    """A workflow execution as plain data."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self.phase: int = envelope.status.phase
        self.error: str = envelope.status.error
        self.output: Json = json_format.MessageToDict(envelope.status.output)
        self.tasks: dict[str, Json] = {
            task.task_id: json_format.MessageToDict(task, preserving_proto_field_name=True)
            for task in envelope.status.tasks
        }

    @property
    def statuses(self) -> dict[str, str]:
        """Each task's status by its id, in order."""
        return {key: str(task["status"]).removeprefix("WORKFLOW_TASK_") for key, task in self.tasks.items()}

    def __repr__(self) -> str:
        return f"<run {self.phase} {self.error!r} {self.statuses} {self.output}>"


@contextmanager
def running_engine(home: Path, temporal: TemporalServer, **env: str) -> Iterator[Engine]:
    engine = Engine(home, temporal, env)
    try:
        engine.worker.wait_until_ready()
        yield engine
    finally:
        engine.close()


def task(name: str, kind: str, config: Json, **more: Json) -> Json:
    return {"name": name, "kind": f"WORKFLOW_TASK_KIND_{kind}", "task_config": config, **more}


def set_(name: str, /, then: str = "", **variables: str) -> Json:
    flow = {"flow": {"then": then}} if then else {}
    return task(name, "SET", {"variables": variables}, **flow)


def http(name: str, uri: str, method: str = "GET", **config: Json) -> Json:
    return task(name, "HTTP_CALL", {"method": method, "endpoint": {"uri": uri}, "timeout_seconds": 10, **config})


def listen(name: str, /, *signals: str, mode: str = "one") -> Json:
    """Signals by their ids; `ask:query` is one of another type."""
    listed = [{"id": each.partition(":")[0], "type": each.partition(":")[2] or "signal"} for each in signals]
    return task(name, "LISTEN", {"to": {"mode": mode, "signals": listed}})
