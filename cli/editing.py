"""Changing a resource in an editor: its YAML in a file of its own, and what becomes of what is saved.

A text that somebody typed is never thrown away: whatever goes wrong, it stays in its file.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apps.backends.base import CallFailed, Conflict, Invalid
from apps.backends.resource import Resource
from cli.errors import CliError, render
from cli.exits import Exit
from cli.output import as_yaml
from cli.refusal import in_your_words
from cli.report import status_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.backends.base import Applied
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.kinds import Kind
    from cli.output import Console
    from cli.project.discovery import DiscoveredResource

HEAD = "# {label}: what you save is applied when the editor ends. As it is, or empty, it changes nothing.\n"


def find_editor(kind: str, name: str) -> list[str]:
    """The words of $VISUAL or, without it, $EDITOR. Raises a CliError where there is none."""
    written = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        words = shlex.split(written)
    except ValueError:
        words = []
    if not words:
        said = (
            f"$VISUAL or $EDITOR is {written!r}, which is no command"
            if written
            else "neither $VISUAL nor $EDITOR is set"
        )
        raise CliError(said, hint=f"EDITOR=nano {shlex.join(['stigmer', 'edit', kind, name])}", exit=Exit.MISUSE)
    return words


@dataclass
class Editing:
    """One resource, and the file with its text."""

    console: Console
    backend: GrpcBackend
    target: Resource
    file: Path
    original: str

    @classmethod
    def begin(cls, console: Console, backend: GrpcBackend, kind: Kind, name: str, org: str) -> Editing:
        """Read the resource and write its file. Raises a CliError for what is never applied, or not there."""
        from cli.resources import find_resource
        from cli.schemas import editor_line

        if not kind.is_declared:
            raise CliError(
                f"{kind.plural.replace('-', ' ')} cannot be edited: running something makes them",
                reason="stigmer.cli.not_editable",
            )
        target = Resource.of(find_resource(backend, kind, name, org, by_name=True))
        text = editor_line(kind) + HEAD.format(label=target.label) + as_yaml(target.manifest())
        file = Path(tempfile.mkdtemp(prefix="stigmer-edit-")) / f"{target.slug}.yaml"  # of nobody but us
        file.write_text(text, encoding="utf-8")
        return cls(console, backend, target, file, text)

    def run(self, editor: Sequence[str], organization: str, message: str) -> None:
        """Open the editor, and again as long as somebody wants to correct what is refused."""
        refused = self.original
        while True:
            with self._kept():
                self._open(editor)
                text = self.file.read_text(encoding="utf-8")
            if text in {self.original, refused} or not text.strip():
                break
            try:
                with self._kept():
                    done = self._apply(organization, message)
            except (Invalid, CliError) as error:
                if not self._is_tried_again(error):
                    raise
                refused = text
                continue
            self.console.data(status_table([done]))
            shutil.rmtree(self.file.parent, ignore_errors=True)
            return
        if refused is not self.original and text.strip():
            self.console.warn(f"your text is kept in {self.file}")
        else:
            shutil.rmtree(self.file.parent, ignore_errors=True)
        self.console.print("Nothing was changed.")

    def _open(self, editor: Sequence[str]) -> None:
        """Wait for the editor. Ctrl-C is the editor's then, and not ours."""
        before = signal.signal(signal.SIGINT, _leave_it)  # not SIG_IGN, which the editor would inherit
        try:
            ended = subprocess.run([*editor, str(self.file)], check=False)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise CliError(
                f"the editor {editor[0]!r} cannot be started: {why}",
                hint="EDITOR=nano, or another one",
                reason="stigmer.cli.no_editor",
            ) from None
        finally:
            signal.signal(signal.SIGINT, before)
        if ended.returncode:
            raise CliError(
                f"the editor {editor[0]!r} ended with exit code {ended.returncode}; nothing was changed",
                reason="stigmer.cli.editor_failed",
            )

    def _apply(self, organization: str, message: str) -> Applied:
        from cli.project.yaml_files import load_files

        found = load_files([str(self.file)], org=organization).resources
        wanted = self._as_seen(found)
        try:
            [done] = self.backend.apply([wanted.envelope()], dry_run=False, message=message)
        except Invalid as error:
            raise in_your_words(error, found) from error
        for warning in done.warnings:
            self.console.warn(f"{done.kind} {done.slug}: {warning}")
        return done

    def _as_seen(self, found: Sequence[DiscoveredResource]) -> DiscoveredResource:
        """What is to be applied, as a change of the version that was read."""
        if len(found) != 1 or found[0].kind != self.target.kind.name:
            raise CliError(
                f"the text must hold one resource of kind {self.target.kind.name}, and nothing else",
                reason="stigmer.cli.not_one_resource",
            )
        seen, metadata = self.target.message.metadata, found[0].message.metadata
        metadata.id, metadata.version.id = seen.id, seen.version.id
        return found[0]

    def _is_tried_again(self, error: Exception) -> bool:
        if not self.console.may_ask:
            return False
        self.console.print(render(error))
        return self.console.ask("Edit it again? [Y/n]").lower() in {"", "y", "yes"}

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Say where the text is should something go wrong, if it was changed at all."""
        try:
            yield
        except (CallFailed, CliError, OSError, UnicodeDecodeError, click.Abort) as error:
            if self.file.read_bytes() == self.original.encode():
                shutil.rmtree(self.file.parent, ignore_errors=True)
            else:
                way_out = (
                    f"; `stigmer apply -f {self.file}` overwrites what is there" if isinstance(error, Conflict) else ""
                )
                self.console.warn(f"your text is kept in {self.file}{way_out}")
            raise


def _leave_it(_number: int, _frame: object) -> None:
    """A signal that is somebody else's."""
