"""Units of `stigmer serve` as an operator runs them: by their command, told by variables alone."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.suites.api_unit import REMOVED
from tests.suites.client import Api
from tests.support.daemon import wait_until
from tests.support.ports import free_port

SERVE = (sys.executable, "-P", "-m", "cli", "serve")


@dataclass
class Operator:
    """Whoever runs the server: the variables that every unit is given."""

    home: Path
    variables: dict[str, str]
    started: list[ServedUnit] = field(default_factory=list)

    @classmethod
    def of(cls, home: Path, variables: Mapping[str, str]) -> Operator:
        (home / "blobs").mkdir()
        (home / "secret").write_text("thirty-two characters, or even more\n")
        given = {
            "STIGMER_HOME": str(home),
            **variables,
            "STIGMER_SECRET_FILE": str(home / "secret"),
            "STIGMER_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}",
            "STIGMER_BLOBS_DIR": str(home / "blobs"),
            "STIGMER_DRAIN_SECONDS": "0",
        }
        return cls(home, given)

    def environment(self, **changes: str | None) -> dict[str, str]:
        """Of a process; None takes a variable away."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STIGMER_", *REMOVED))}
        return {name: value for name, value in {**kept, **self.variables, **changes}.items() if value is not None}

    def run(self, *words: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            [*SERVE, *words],
            cwd=self.home,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def start(self, unit: str, **changes: str | None) -> ServedUnit:
        self.started.append(ServedUnit(self, unit, changes))
        return self.started[-1]

    def end_all(self) -> None:
        """Whatever a test that failed has left."""
        for unit in self.started:
            unit.end(signal.SIGKILL)


@dataclass
class ServedUnit:
    """A running unit; `log` is what it wrote, an object a line."""

    operator: Operator
    name: str
    changes: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        port = free_port()
        self.endpoint, self.health = f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}"
        self.file = self.operator.home / f"{self.name}-{port}.log"
        own = ["--listen", self.endpoint] if self.name in {"api", "web"} else []
        with self.file.open("wb") as log:
            self.process = subprocess.Popen(
                [*SERVE, self.name, *own, "--health-listen", self.health],
                cwd=self.operator.home,
                env=self.operator.environment(**self.changes),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def ask(self, path: str) -> tuple[int, str]:
        """Status, 0 where nobody answers, and text of what it says over HTTP."""
        try:
            with urllib.request.urlopen(f"http://{self.health}/{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def wait_until_ready(self) -> ServedUnit:
        def is_ready() -> bool:
            assert self.process.poll() is None, self.file.read_text()
            return self.ask("readyz")[0] == HTTPStatus.OK

        wait_until(is_ready, f"{self.name} is ready")
        return self

    def end(self, number: int = signal.SIGTERM) -> int:
        """The exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


def new_organization(api: Api, slug: str) -> str:
    kinds = api.of("Organization")
    made = kinds.create(kinds.envelope({}, name=slug, owner_scope="api_resource_owner_scope_unspecified"))
    return str(made.metadata.slug)
