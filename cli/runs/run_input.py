"""The input of a workflow's run, as the command line has it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from apps.shared.input_json import Unsendable, check_sendable, read_input_json
from cli.runs.runtime_env import check_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.yaml_text.errors import Position


class Input(NamedTuple):
    """One value: of any JSON type, or text of which the workflow says what it stands for."""

    value: Any
    is_text: bool = False


def read_inputs(written: Sequence[str]) -> dict[str, Input]:
    """The values of `K=V` and `K:=JSON`; raises a usage error for anything else."""
    found: dict[str, Input] = {}
    for each in written:
        name, equals, text = each.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if not (name and name.isprintable() and equals):
            raise click.UsageError(f"--input: {each!r} is not NAME=VALUE, or NAME:=JSON")
        if name in found:
            raise click.UsageError(f"--input: {name} is given twice")
        what = f"--input: the value of {name}"
        check_text(text, what)
        found[name] = Input(read_json(text, what)) if is_json else Input(text, is_text=True)
    return found


def read_input_file(path: str) -> dict[str, Input]:
    """The entries of an object in a file of JSON or YAML, or in standard input. Raises a usage error for all else."""
    name = "standard input" if path == "-" else path
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).expanduser().read_bytes()
        text = data.decode()
    except OSError as error:
        raise click.UsageError(f"--input-file: {name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"--input-file: {name} is not UTF-8 text") from None
    is_yaml = path.endswith((".yaml", ".yml"))
    value = read_yaml(text, name) if is_yaml else read_json(text, f"--input-file: {name}", hint="")
    if not isinstance(value, dict):
        raise click.UsageError(f"--input-file: {name} must hold an object: names and their values")
    return {str(key): Input(inner) for key, inner in value.items()}


def read_yaml(text: str, name: str) -> Any:
    """The value of a YAML text, read as manifests are."""
    from apps.yaml_text.errors import BadYaml
    from apps.yaml_text.tree import plain, read_documents

    def refuse(position: Position, why: str) -> None:
        raise BadYaml(position, why)

    try:
        documents = [plain(node) for node in read_documents(text.encode(), refuse)]
    except BadYaml as error:
        raise click.UsageError(f"--input-file: {name}: {error}") from None
    if len(documents) != 1:
        raise click.UsageError(f"--input-file: {name} holds {len(documents)} documents, not one")
    return checked(documents[0], f"--input-file: {name}")


def read_json(text: str, what: str, *, hint: str = "; text stands in quotes there, or is given as NAME=VALUE") -> Any:
    """The value; a usage error refuses what is no JSON, or has a value in it that would not arrive as it is written."""
    try:
        return read_input_json(text)
    except Unsendable as error:
        raise click.UsageError(f"{what}: {error}") from None
    except ValueError as error:
        raise click.UsageError(f"{what} is not JSON: {error}{hint}") from None


def checked(value: Any, what: str) -> Any:
    """The value; a usage error refuses one that would not arrive as it is."""
    try:
        check_sendable(value)
    except Unsendable as error:
        raise click.UsageError(f"{what}: {error}") from None
    return value
