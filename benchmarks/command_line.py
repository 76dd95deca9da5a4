"""What a person waits for: commands, cold starts, warm applies."""

from __future__ import annotations

import statistics
import subprocess
import sys
import textwrap
from pathlib import Path

from benchmarks.measuring import STIGMER, Home, median_ms, milliseconds, temporary_home
from benchmarks.table import Figure, Scale

MANIFEST = """\
apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata:
  name: from-yaml
spec:
  instructions: Answer in one sentence.
"""
MAIN = """\
import stigmer

stigmer.Agent(name="from-python", instructions="Answer in one sentence.")
"""


def figures() -> list[Figure]:
    return [*_bare_commands(), *_imports(), *_cold_starts(), *_warm_applies()]


def _imports() -> list[Figure]:
    """What a program pays for the SDK and the client, beyond its own start."""
    return [
        Figure(name, statistics.median(_import_ms(statement) for _ in range(11)), "ms", limit, Scale.PROCESS)
        for name, statement, limit in (
            ("import stigmer", "import stigmer", 60),
            ("import stigmer, and its Client", "import stigmer; stigmer.Client", 150),
        )
    ]


def _import_ms(statement: str) -> float:
    """Milliseconds that `statement` takes in a process that has done nothing yet."""
    timed = f"import time; began = time.perf_counter(); {statement}; print((time.perf_counter() - began) * 1000)"
    done = subprocess.run([sys.executable, "-P", "-c", timed], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _bare_commands() -> list[Figure]:
    return [
        Figure(
            f"stigmer {argument}",
            median_ms(lambda a=argument: subprocess.run([*STIGMER, a], check=True, capture_output=True), runs=11),  # type: ignore[misc]  # the default binds the loop's value
            "ms",
            100,
            Scale.PROCESS,
        )
        for argument in ("--help", "version")
    ]


def _cold_starts() -> list[Figure]:
    fresh, again = [], []
    for _ in range(5):
        with temporary_home() as home:
            manifest = _manifest(home)
            fresh.append(milliseconds(lambda h=home, m=manifest: h.run("apply", "-f", m)))  # type: ignore[misc]  # as above
            home.run("server", "stop")
            again.append(milliseconds(lambda h=home: h.run("server", "start")))  # type: ignore[misc]  # as above
    return [
        Figure("nothing running, fresh data: apply to success", statistics.median(fresh), "ms", 1500, Scale.PROCESS),
        Figure("start on existing data", statistics.median(again), "ms", 1000, Scale.PROCESS),
    ]


def _warm_applies() -> list[Figure]:
    with temporary_home() as home:
        project, manifest = _project(home.path / "project"), _manifest(home)
        home.start()
        return [
            Figure(
                "warm apply, Python project, 1 agent",
                median_ms(lambda: home.run("apply", cwd=project), runs=11),
                "ms",
                350,
                Scale.PROCESS,
            ),
            Figure(
                "warm apply -f, one YAML file",
                median_ms(lambda: home.run("apply", "-f", manifest), runs=11),
                "ms",
                200,
                Scale.PROCESS,
            ),
            Figure(
                "completion of a name of what is deployed",
                median_ms(lambda: _complete(home, "from-"), runs=11),
                "ms",
                100,
                Scale.PROCESS,
            ),
        ]


def _complete(home: Home, begun: str) -> None:
    """As a shell asks for it. Raises AssertionError where nothing is offered: that is quick, too."""
    asked = {"_STIGMER_COMPLETE": "bash_complete", "COMP_WORDS": f"stigmer run {begun}", "COMP_CWORD": "2"}
    done = subprocess.run(STIGMER, env={**home.environment, **asked}, check=False, capture_output=True, text=True)
    if begun not in done.stdout:
        raise AssertionError(done.stdout + done.stderr)


def _manifest(home: Home) -> str:
    path = home.path / "agent.yaml"
    path.write_text(MANIFEST)
    return str(path)


def _project(directory: Path) -> Path:
    directory.mkdir()
    (directory / "Stigmer.yaml").write_text(textwrap.dedent("name: benchmark\nruntime: python\n"))
    (directory / "main.py").write_text(MAIN)
    return directory
