"""Running programs as the command line does: in a process of their own, in their own directory."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import stigmer
import stigmer_proto
from stigmer_proto.agentic.agent.v1.api_pb2 import Agent
from stigmer_proto.agentic.workflow.v1.api_pb2 import Workflow

# Where the two packages are, whether installed or in a checkout.
PACKAGES = {str(Path(module.__file__ or "").parents[1]) for module in (stigmer, stigmer_proto)}
ENTRY = ("-P", "-m", "stigmer.entry")


@dataclass(frozen=True)
class Ended:
    """A program that has ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Project:
    """A directory with a program, and another one for what it writes."""

    directory: Path
    out: Path

    def write(self, name: str, text: str = "") -> None:
        """Make a file, its folders too."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, interpreter: tuple[str, ...] = ENTRY, deploying: bool = True) -> Ended:
        """Run main.py, or the arguments given."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("STIGMER_", "PYTHON"))},
            "PYTHONPATH": os.pathsep.join(sorted(PACKAGES)),
            **({"STIGMER_OUT_DIR": str(self.out)} if deploying else {}),
        }
        done = subprocess.run(
            [sys.executable, *interpreter, *(arguments or ("main.py",))],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def written(self) -> list[str]:
        """The names of the files it wrote."""
        return sorted(path.name for path in self.out.iterdir())

    def agent(self, index: int = 0) -> Agent:
        """The agent it wrote."""
        return Agent.FromString((self.out / f"agent-{index}.pb").read_bytes())

    def workflow(self, index: int = 0) -> Workflow:
        """The workflow it wrote."""
        return Workflow.FromString((self.out / f"workflow-{index}.pb").read_bytes())
