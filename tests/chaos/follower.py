"""Following one run through the deaths of whoever tells of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import grpc

from tests.suites.client import Api

TERMINAL = ("EXECUTION_COMPLETED", "EXECUTION_FAILED", "EXECUTION_CANCELLED")
AGAIN_SECONDS = 0.05
LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED)
"""How a stream ends whose server has died; whoever reads comes back."""
STAGES = {
    "look": "http get",
    "each": "loop",
    "guard": "try",
    "pause": "wait",
    "ask": "agent call",
    "refused": "http post",
}


class Follower:
    """Follows by the events of the extension API and by the contract's `subscribe`, each in a thread."""

    def __init__(self, api: Api, kind: str, run_id: str, *, seconds: float) -> None:
        self.api, self.kind, self.run_id = api, kind, run_id
        self.deadline = time.monotonic() + seconds
        self.problems: list[str] = []
        self.phases: list[str] = []
        self.reconnects = 0
        self.stage = "pending"
        self.last: Any = None
        """The run as `subscribe` told it last."""
        self._after = 0
        self._leaving = threading.Event()
        self._threads = [threading.Thread(target=self._until_end, args=[read]) for read in (self._follow, self._watch)]
        for thread in self._threads:
            thread.start()

    @property
    def verdicts(self) -> list[str]:
        """The ends that were told of; a run has one."""
        return [phase for phase in self.phases if phase in TERMINAL]

    def join(self) -> None:
        """Until both have seen the end, or their time is over."""
        for thread in self._threads:
            thread.join()

    def leave(self) -> None:
        """Stop following."""
        self._leaving.set()

    def _until_end(self, read: Callable[[], bool]) -> None:
        while not self._leaving.is_set():
            try:
                if read():
                    return
            except grpc.RpcError as error:
                if error.code() not in LOST:
                    self.problems.append(f"{read.__name__}: {error.code().name}: {error.details()}")
                    return
            if time.monotonic() > self.deadline:
                self.problems.append(f"{read.__name__}: no end came")
                return
            self.reconnects += 1
            self._leaving.wait(AGAIN_SECONDS)

    def _follow(self) -> bool:
        for event in self.api.follow(self.run_id, self._after):
            if event.id <= self._after:
                self.problems.append(f"event {event.id} came after {self._after}")
            self._after = event.id
            self._note(event)
        return bool(self.verdicts)

    def _note(self, event: Any) -> None:
        change = event.WhichOneof("change")
        if change == "phase":
            self.phases.append(event.phase.phase)
            self.stage = event.phase.phase.removeprefix("EXECUTION_").lower().replace("_", " ")
        elif change == "tool_call":
            # 2: RUNNING
            self.stage = "tool call" if event.tool_call.status == 2 else "between turns"
        elif change in {"message", "text"}:
            self.stage = "model speaks"
        elif change == "task":
            # 2: IN_PROGRESS
            name = event.task.task_name
            self.stage = STAGES.get(name, "http post") if event.task.status == 2 else "between tasks"

    def _watch(self) -> bool:
        runs = self.api.of(self.kind)
        field = "value" if self.kind == "AgentExecution" else "execution_id"
        request = runs.request("Query", "subscribe", **{field: self.run_id})
        for run in self.api.stream(f"{runs.kind.package}.{self.kind}QueryController.subscribe", request):
            if self.last is not None and run.status.phase < self.last.status.phase:
                self.problems.append(f"phase {run.status.phase} came after {self.last.status.phase}")
            self.last = run
        return self.last is not None and self.last.status.phase >= 3
