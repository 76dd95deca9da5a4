"""What it costs that projects own what they deploy: an apply that changes nothing, and the plan of a prune."""

from __future__ import annotations

from pathlib import Path

from stigmer_proto.controlplane.v1 import batch_pb2

from benchmarks.measuring import Home, median_ms, temporary_home
from benchmarks.server import Client, agent
from benchmarks.table import Figure, Scale

RESOURCES, OWNED = 100, 1_000
PROGRAM = """\
import stigmer

for number in range({count}):
    stigmer.Agent(name=f"agent-{{number}}", instructions="Answer in one sentence.")
"""


def figures() -> list[Figure]:
    with temporary_home() as home:
        home.start()
        one, many = (_unchanged_ms(home, count) for count in (1, RESOURCES))
        return [
            Figure(f"unchanged project of {RESOURCES} resources / of 1", many / one, "times", 1.3),
            Figure(f"unchanged project of {RESOURCES} resources", many, "ms"),
            _prune_plan(Client(home)),
        ]


def _unchanged_ms(home: Home, count: int) -> float:
    """A whole `stigmer apply`, entry point included. The one that owns less comes first: the other takes over."""
    project = _project(home.path / f"project-{count}", count)
    home.run("apply", "--take-over", cwd=project)
    return median_ms(lambda: home.run("apply", cwd=project), runs=15)


def _project(directory: Path, count: int) -> Path:
    directory.mkdir()
    (directory / "Stigmer.yaml").write_text(f"name: of-{count}\nruntime: python\n")
    (directory / "main.py").write_text(PROGRAM.format(count=count))
    return directory


def _prune_plan(client: Client) -> Figure:
    """A dry run of a project that owns many resources and declares one; default instances are counted for each."""
    owned = batch_pb2.BatchApplyRequest(project="large")
    for number in range(OWNED):
        owned.resources.add().Pack(agent(f"owned-{number}"))
    client.batch(owned)
    plan = batch_pb2.BatchApplyRequest(project="large", whole=True, dry_run=True)
    plan.resources.add().Pack(agent("declared"))
    if len(client.batch(plan).no_longer_declared) != OWNED:
        raise RuntimeError("the plan does not list what it should")
    return Figure(
        f"prune plan of {OWNED:,} resources", median_ms(lambda: client.batch(plan), runs=15), "ms", 150, Scale.PROCESS
    )
