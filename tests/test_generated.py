"""The generated modules are what proto/ gives, and everything in proto/ says what it means."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
GENERATE = ROOT / "scripts" / "generate.py"

# Field numbers inside descriptor.proto, which make up the paths of SourceCodeInfo.
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE, FILE_EXTENSION = 4, 5, 6, 7
MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM, MESSAGE_ONEOF = 2, 3, 4, 8
ENUM_VALUE, SERVICE_METHOD = 2, 2

Place = tuple[tuple[int, ...], str]


def generate(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(GENERATE), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def descriptor_set(tmp_path_factory: pytest.TempPathFactory) -> FileDescriptorSet:
    path = tmp_path_factory.mktemp("descriptors") / "all.binpb"
    done = generate("--descriptor-set", str(path))
    assert done.returncode == 0, done.stderr
    return FileDescriptorSet.FromString(path.read_bytes())


def test_generated_modules_are_what_proto_gives() -> None:
    done = generate("--check")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_every_message_field_rpc_and_enum_is_explained(descriptor_set: FileDescriptorSet) -> None:
    ours = [file for file in descriptor_set.file if file.name.startswith("ai/stigmer/")]
    silent = [f"{file.name}: {name}" for file in ours for name in without_comment(file)]
    assert len(ours) > 100
    assert not silent, "explain these by a leading comment:\n  " + "\n  ".join(silent)


def test_a_missing_comment_is_noticed(descriptor_set: FileDescriptorSet) -> None:
    file = FileDescriptorProto()
    file.CopyFrom(next(file for file in descriptor_set.file if file.name.endswith("agent/v1/spec.proto")))
    assert not list(without_comment(file))
    del file.source_code_info.location[:]
    assert "AgentSpec.instructions" in list(without_comment(file))


def without_comment(file: FileDescriptorProto) -> Iterator[str]:
    """Names of the declarations in `file` that no leading comment explains."""
    explained = {
        tuple(location.path) for location in file.source_code_info.location if location.leading_comments.strip()
    }
    return (name for path, name in declarations(file) if path not in explained)


def declarations(file: FileDescriptorProto) -> Iterator[Place]:
    for index, message in enumerate(file.message_type):
        yield from message_places((FILE_MESSAGE, index), message.name, message)
    for index, enum in enumerate(file.enum_type):
        yield from owner_and_parts((FILE_ENUM, index), enum.name, ENUM_VALUE, (value.name for value in enum.value))
    for index, service in enumerate(file.service):
        methods = (method.name for method in service.method)
        yield from owner_and_parts((FILE_SERVICE, index), service.name, SERVICE_METHOD, methods)
    for index, extension in enumerate(file.extension):
        yield (FILE_EXTENSION, index), extension.name


def message_places(path: tuple[int, ...], name: str, message: DescriptorProto) -> Iterator[Place]:
    yield from owner_and_parts(path, name, MESSAGE_FIELD, (field.name for field in message.field))
    for index, oneof in enumerate(message.oneof_decl):
        yield (*path, MESSAGE_ONEOF, index), f"{name}.{oneof.name}"
    for index, enum in enumerate(message.enum_type):
        inner = (*path, MESSAGE_ENUM, index)
        yield from owner_and_parts(inner, f"{name}.{enum.name}", ENUM_VALUE, (value.name for value in enum.value))
    for index, nested in enumerate(message.nested_type):
        if not nested.options.map_entry:
            yield from message_places((*path, MESSAGE_NESTED, index), f"{name}.{nested.name}", nested)


def owner_and_parts(path: tuple[int, ...], name: str, part: int, parts: Iterable[str]) -> Iterator[Place]:
    yield path, name
    for index, part_name in enumerate(parts):
        yield (*path, part, index), f"{name}.{part_name}"
