"""A process of its own that writes runs into the units' database, as a runner does.

Reads one JSON command a line, answers one line: `store` makes a run, the others are those of `executions.actions`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

OWNER = "a test"
LEASE_SECONDS = 600.0


class RunWriter:
    """The client's side."""

    def __init__(self, data_dir: Path) -> None:
        env = {**os.environ, "STIGMER_HOME": str(data_dir.parent), "DJANGO_SETTINGS_MODULE": "stigmer_site.settings"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.web.run_writer"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def store(self, kind: str, name: str, spec: dict[str, Any] | None = None, **metadata: Any) -> str:
        """The id of a new resource; a run is PENDING."""
        return str(self._ask(do="store", kind=kind, name=name, spec=spec, metadata=metadata))

    def parent(self, kind: str, resource_id: str, column: str) -> str:
        return str(self._ask(do="parent", kind=kind, id=resource_id, column=column))

    def claim(self, execution_id: str) -> None:
        self._ask(do="claim", id=execution_id)

    def append(self, execution_id: str, *events: tuple[str, dict[str, Any]]) -> None:
        self._ask(do="append", id=execution_id, events=events)

    def finish(self, execution_id: str, phase: str, error: str = "") -> None:
        self._ask(do="finish", id=execution_id, phase=phase, error=error)

    def cancel_reason(self, execution_id: str) -> str | None:
        """None while nobody has asked for it to be cancelled."""
        found = self._ask(do="cancel_reason", id=execution_id)
        return None if found is None else str(found)

    def _ask(self, **command: Any) -> Any:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the writer has no pipes")
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["result"]

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.communicate(timeout=20)


def answer(command: dict[str, Any]) -> Any:
    """The process's side."""
    from apps.resources.executions import actions
    from apps.resources.executions.events import EVENTS
    from apps.resources.executions.model import Phase
    from apps.resources.registry import BY_NAME, execution_kind_of
    from tests.web.stored import store

    if command["do"] == "store":
        return store(command["kind"], command["name"], command["spec"], **command["metadata"]).pk
    if command["do"] == "parent":
        return getattr(BY_NAME[command["kind"]].model.objects.get(pk=command["id"]), command["column"])
    kind = execution_kind_of(command["id"])
    if kind is None:
        raise LookupError(command["id"])
    if command["do"] == "claim":
        actions.claim(kind, command["id"], OWNER, seconds=LEASE_SECONDS)
    elif command["do"] == "append":
        actions.append(kind, command["id"], OWNER, [EVENTS[name].from_data(data) for name, data in command["events"]])
    elif command["do"] == "finish":
        actions.finish(kind, command["id"], OWNER, Phase[command["phase"]], error=command["error"])
    elif command["do"] == "cancel_reason":
        row = kind.model.objects.get(pk=command["id"])
        return row.cancel_reason if row.cancel_requested_at else None
    return None


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        try:
            told = {"result": answer(json.loads(line))}
        except Exception as error:  # the test is told, whatever it is
            told = {"error": repr(error)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
