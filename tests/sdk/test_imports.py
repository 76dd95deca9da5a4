"""What importing the SDK may cost, and what it is made of."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import stigmer

from .programs import PACKAGES

ROOT = Path(__file__).parents[2]

# Slow to import, or no business of a program that only declares things.
UNWANTED = (
    "apps", "asyncio", "cli", "click", "dataclasses", "datetime", "django", "google.protobuf", "grpc", "http",
    "importlib.metadata", "inspect", "logging", "pathlib", "protovalidate", "socket", "ssl", "stigmer_proto",
    "stigmer_site", "subprocess", "tempfile", "unittest", "urllib", "uuid", "yaml",
)  # fmt: skip
# The entry point writes messages, so it needs protobuf; nothing else of that list... except what protobuf needs.
UNWANTED_IN_ENTRY = (
    "apps", "asyncio", "cli", "click", "dataclasses", "django", "google.protobuf.json_format", "grpc", "http",
    "inspect", "logging", "pathlib", "protovalidate", "socket", "ssl", "stigmer_site", "subprocess", "yaml",
)  # fmt: skip

# A program that runs what is deployed has a tenth of a second for it; what speaks to the server comes with its calls.
UNWANTED_IN_CLIENT = (
    "asyncio", "cli", "click", "concurrent.futures", "django", "google.protobuf", "grpc", "http", "logging",
    "protovalidate", "socket", "ssl", "stigmer_site", "subprocess", "yaml",
)  # fmt: skip


def modules_after(statement: str) -> set[str]:
    """The modules of a fresh interpreter once it has run a statement."""
    program = f"import sys; sys.path[:0] = {sorted(PACKAGES)!r}; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path += {sys.path!r}; {program}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import stigmer", UNWANTED),
        ("import stigmer.entry", UNWANTED_IN_ENTRY),
        ("import stigmer; stigmer.Client", UNWANTED_IN_CLIENT),
    ],
    ids=["stigmer", "entry", "client"],
)
def test_an_import_stays_small(statement: str, unwanted: tuple[str, ...]) -> None:
    modules = modules_after(statement)
    assert "stigmer" in modules
    assert [name for name in unwanted if name in modules] == []


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert stigmer.__version__ == project["version"]


def test_users_get_the_types() -> None:
    assert (Path(stigmer.__file__).parent / "py.typed").exists()


def test_the_public_names_are_there_and_documented() -> None:
    assert list(stigmer.__all__) == sorted(stigmer.__all__)
    guide = (ROOT / "docs" / "sdk.md").read_text(encoding="utf-8")
    assert [name for name in stigmer.__all__ if not hasattr(stigmer, name)] == []
    assert [name for name in stigmer.__all__ if name != "__version__" and f"`{name}" not in guide] == []
