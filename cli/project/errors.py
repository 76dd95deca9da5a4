"""Everything that can be wrong with a project, each with its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from apps.shared.counts import counted
from apps.yaml_text.errors import Position
from cli.errors import CliError
from cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class ProjectError(CliError):
    """Base of all of them. `reason` is for programs and never changes."""

    reason = "stigmer.project.error"


class NoProjectFile(ProjectError):
    reason = "stigmer.project.no_project_file"

    def __init__(self, directory: Path, misspelt: str = "") -> None:
        self.directory = directory
        also = f"; there is a {misspelt}, which has to be called Stigmer.yaml" if misspelt else ""
        super().__init__(
            f"no Stigmer.yaml in {directory} or in any directory above it{also}",
            hint=f"Rename it: `mv {directory / misspelt} {directory / 'Stigmer.yaml'}`"
            if misspelt
            else "Create a project with `stigmer new NAME`, point to one with `stigmer apply -C DIR`, "
            "or apply resource files with `stigmer apply -f FILE`",
            exit=Exit.MISUSE,
        )


class UnreadableFile(ProjectError):
    """A named file does not exist, is no file, or may not be read. `why` ends the sentence."""

    reason = "stigmer.project.unreadable_file"

    def __init__(
        self,
        file: Path | str,
        why: str,
        *,
        hint: str = "Check the path and its permissions",
        exit: Exit = Exit.FAILED,  # noqa: A002
    ) -> None:
        self.file = file
        super().__init__(f"cannot read {file}: {why}", hint=hint, exit=exit)


class BrokenYaml(ProjectError):
    """The text is not YAML, or a kind of YAML that is refused."""

    reason = "stigmer.project.broken_yaml"

    def __init__(self, file: Path | str, position: Position, why: str, *, hint: str = "") -> None:
        self.file = file
        self.position = position
        self.why = why
        super().__init__(
            f"{file}:{position.line}:{position.column}: {why}", hint=hint or f"Correct line {position.line} of {file}"
        )


class BadProjectFile(ProjectError):
    """A key of Stigmer.yaml is missing, unknown or of the wrong type."""

    reason = "stigmer.project.bad_project_file"

    def __init__(self, file: Path, position: Position, key: str, why: str, *, hint: str) -> None:
        self.file = file
        self.position = position
        self.key = key
        self.why = why
        super().__init__(f"{file}:{position.line}:{position.column}: {why}", hint=hint)


class BadProjectKeys(ProjectError):
    """Several keys of Stigmer.yaml are: `problems`, at least two, in the order in which they stand there."""

    reason = "stigmer.project.bad_project_file"

    def __init__(self, file: Path, problems: Sequence[BadProjectFile]) -> None:
        self.problems = problems
        lines = [f"{bad.position.line}:{bad.position.column}: {bad.why}. {bad.hint}" for bad in problems]
        super().__init__(f"{file}: refused, for {len(problems)} reasons", details=lines)


class NoEntryFile(ProjectError):
    reason = "stigmer.project.no_entry_file"

    def __init__(self, project_file: Path, line: int, entry_file: Path) -> None:
        self.entry_file = entry_file
        where = f"{project_file}:{line}: " if line else f"{project_file}: "
        why = "is not a file" if entry_file.exists() else "does not exist"
        super().__init__(
            f"{where}main: {entry_file} {why}",
            hint="Create that file, or name another one with `main:` in Stigmer.yaml",
        )


class EntryPointError(ProjectError):
    """Running the entry point did not work. `lines` are the last ones it printed, which people have read already."""

    reason = "stigmer.project.entry_point"

    def __init__(
        self,
        message: str,
        *,
        hint: str,
        lines: Sequence[str] = (),
        exit: Exit = Exit.FAILED,  # noqa: A002
    ) -> None:
        self.lines = tuple(lines)
        super().__init__(message, hint=hint, exit=exit)


class EntryPointFailed(EntryPointError):
    """It ended with an exit code other than 0, or by a signal. `lacking` is the Python that lacks a module."""

    reason = "stigmer.project.entry_point_failed"

    def __init__(self, entry_file: Path, how: str, lines: Sequence[str], lacking: str = "") -> None:
        printed = "what it printed stands above" if lines else "it printed nothing"
        where = f"; it was run by {lacking}" if lacking else ""
        what = f"Install what is missing there, or correct {entry_file}" if lacking else f"Correct {entry_file}"
        self.remedy = what
        super().__init__(
            f"{entry_file.name} {how}; {printed}{where}",
            lines=lines,
            hint=f"{what}{',' if lacking else ''} and run `stigmer apply` again; nothing was deployed",
        )


class EntryPointTimedOut(EntryPointError):
    reason = "stigmer.project.entry_point_timed_out"

    def __init__(self, entry_file: Path, limit_seconds: float, lines: Sequence[str]) -> None:
        printed = "what it printed stands above" if lines else "it printed nothing"
        super().__init__(
            f"{entry_file.name} did not end within {limit_seconds:g} s and was stopped; {printed}",
            lines=lines,
            hint="An entry point declares resources and ends: look for a loop or a server in it, "
            f"or give it longer with `stigmer apply --entry-timeout {2 * limit_seconds:g}`",
            exit=Exit.TIMEOUT,
        )


class OldPython(EntryPointError):
    reason = "stigmer.project.old_python"

    def __init__(self, python: str, venv: Path) -> None:
        super().__init__(f"{python}, is older than 3.11", hint=f"Create {venv} again with Python 3.11 or newer")


class BrokenVenv(EntryPointError):
    """The Python that the project's environment was made with is gone."""

    reason = "stigmer.project.broken_venv"

    def __init__(self, interpreter: Path, venv: Path) -> None:
        super().__init__(
            f"the project's own Python, {interpreter}, points to {interpreter.readlink()}, which is not there any more",
            hint=f"Create {venv} again, or remove it to use the Python that Stigmer runs on",
        )


class NoGo(EntryPointError):
    reason = "stigmer.project.no_go"

    def __init__(self, project_file: Path) -> None:
        super().__init__(
            f"{project_file} says `runtime: go`, but there is no `go` command on the PATH",
            hint="Install Go from https://go.dev/dl and open a new terminal, or check with `go version`",
        )


class NotStarted(EntryPointError):
    """The operating system refused to start the interpreter."""

    reason = "stigmer.project.not_started"

    def __init__(self, program: str, why: str) -> None:
        super().__init__(f"cannot start {program}: {why}", hint=f"Check that `{program}` runs on this machine")


class NoOutputDirectory(EntryPointError):
    reason = "stigmer.project.no_output_directory"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"cannot make a temporary directory for the manifests: {why}",
            hint="Free some space, or name a directory you can write to with `TMPDIR=DIR stigmer apply`",
        )


class BadManifest(ProjectError):
    """A file that the entry point wrote is not what its name promises. `why` ends the sentence."""

    reason = "stigmer.project.bad_manifest"

    def __init__(self, file: str, why: str, *, hint: str = "") -> None:
        self.file = file
        super().__init__(
            f"manifest {file} {why}",
            hint=hint or "Let the Stigmer SDK write the manifests, and check that its version fits this one",
        )


class NoResources(ProjectError):
    """Zero resources: nearly always an oversight, so it is not a success."""

    reason = "stigmer.project.no_resources"

    def __init__(self, message: str, *, hint: str, passed_over: Iterable[str] = ()) -> None:
        super().__init__(message, hint=hint, details=passed_over)


class DuplicateSlug(ProjectError):
    """Two resources of one kind would be one and the same on the server."""

    reason = "stigmer.project.duplicate_slug"

    def __init__(self, noun: str, slug: str, first: str, second: str) -> None:
        self.slug = slug
        super().__init__(
            f"two {noun}s have the slug {slug!r}: {first} and {second}",
            hint="A slug is made from the name: give one of them another name",
        )


class DependencyCycle(ProjectError):
    reason = "stigmer.project.dependency_cycle"

    def __init__(self, cycle: Iterable[str]) -> None:
        super().__init__(
            f"the resources depend on each other in a circle: {' -> '.join(cycle)}",
            hint="Break the circle: one of them has to exist before the other",
        )


class Violation(NamedTuple):
    """One thing wrong in a resource file. `path` is a field path such as `spec.tasks[0].kind`, or empty."""

    file: str
    position: Position
    path: str
    message: str

    @property
    def place(self) -> str:
        """Where it is: `agent.yaml:3:5: spec.instructions`, without a path `agent.yaml:3:5`."""
        where = f"{self.file}:{self.position.line}:{self.position.column}"
        return f"{where}: {self.path}" if self.path else where

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class InvalidResources(ProjectError):
    """Everything wrong in the resource files, all at once."""

    reason = "stigmer.project.invalid_resources"

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__(
            f"{counted(len(violations), 'problem')} in the resource files; nothing was deployed",
            details=[str(violation) for violation in violations],
            hint=f"Correct {'it' if len(violations) == 1 else 'them'} and run the command again",
        )


class CannotCreate(ProjectError):
    """`stigmer new` was asked for something it does not do."""

    reason = "stigmer.project.cannot_create"

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint, exit=Exit.MISUSE)
