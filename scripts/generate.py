#!/usr/bin/env python3
"""Compile proto/ into gen/stigmer_proto, or check that what is committed there is what proto/ gives.

Usage: generate.py            rewrite gen/stigmer_proto
       generate.py --check    write nothing; exit 1 and name the files that differ
       generate.py --descriptor-set FILE   write the compiled FileDescriptorSet, imports and comments included

protoc derives import paths from file paths, which would give us top-level packages `ai` and `buf`.
They belong to nobody and collide with everybody, so the modules are moved under `stigmer_proto`
(`ai/stigmer/agentic/agent/v1/api.proto` -> `stigmer_proto.agentic.agent.v1.api_pb2`) and their
imports rewritten. The schema of `buf.validate` comes from the installed protovalidate.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import grpc_tools
from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
PACKAGE = ROOT / "gen" / "stigmer_proto"
WELL_KNOWN = Path(grpc_tools.__file__).parent / "_proto"
OUR_IMPORT = re.compile(r"^(from|import) (ai\.stigmer|buf)\b", re.MULTILINE)
DESCRIPTOR_SET = ("--include_imports", "--include_source_info")
HEADER = '"""Python modules compiled from proto/ by scripts/generate.py. Never edit them."""\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--descriptor-set", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        validate_schema = write_validate_schema(Path(scratch) / "validate.binpb")
        if options.descriptor_set:
            run_protoc(validate_schema, *DESCRIPTOR_SET, f"--descriptor_set_out={options.descriptor_set}")
            return 0
        fresh = generate(validate_schema, Path(scratch))
        if options.check:
            return report_drift(fresh)
        shutil.rmtree(PACKAGE, ignore_errors=True)
        shutil.copytree(fresh, PACKAGE)
    return 0


def write_validate_schema(path: Path) -> Path:
    """Write the descriptor set that gives protoc `buf/validate/validate.proto`."""
    schema = descriptor_pb2.FileDescriptorSet()
    for module in (descriptor_pb2, duration_pb2, timestamp_pb2, field_mask_pb2):
        module.DESCRIPTOR.CopyToProto(schema.file.add())
    schema.file.add().ParseFromString(validate_pb._DESC.proto.to_binary())
    path.write_bytes(schema.SerializeToString())
    return path


def run_protoc(validate_schema: Path, *options: str, extra: tuple[str, ...] = ()) -> None:
    files = sorted(str(file.relative_to(PROTO)) for file in PROTO.rglob("*.proto"))
    status = protoc.main(
        ["protoc", f"-I{PROTO}", f"-I{WELL_KNOWN}", f"--descriptor_set_in={validate_schema}", *options, *files, *extra]
    )
    if status:
        sys.exit(status)


def generate(validate_schema: Path, scratch: Path) -> Path:
    """Compile into `scratch` and return the finished package directory."""
    raw = scratch / "raw"
    raw.mkdir()
    run_protoc(validate_schema, f"--python_out={raw}", f"--pyi_out={raw}", extra=("buf/validate/validate.proto",))
    package = scratch / PACKAGE.name
    shutil.move(raw / "ai" / "stigmer", package)
    shutil.move(raw / "buf", package / "buf")
    for file in [*package.rglob("*.py"), *package.rglob("*.pyi")]:
        file.write_text(OUR_IMPORT.sub(lambda found: f"{found[1]} {renamed(found[2])}", file.read_text()))
    for directory in [package, *(d for d in package.rglob("*") if d.is_dir())]:
        (directory / "__init__.py").write_text(HEADER if directory == package else "")
    (package / "py.typed").touch()
    write_comments(validate_schema, scratch, package / "comments.json")
    return package


def write_comments(validate_schema: Path, scratch: Path, path: Path) -> None:
    """What the contract says of its messages, fields and values, by their full names; lines of a paragraph joined."""
    whole = scratch / "whole.binpb"
    run_protoc(validate_schema, *DESCRIPTOR_SET, f"--descriptor_set_out={whole}")
    said: dict[str, str] = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(whole.read_bytes()).file:
        if file.package.startswith("ai.stigmer"):
            for location in file.source_code_info.location:
                if location.leading_comments:
                    said[full_name(file, list(location.path))] = joined(location.leading_comments)
    path.write_text(json.dumps(dict(sorted(said.items())), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def full_name(file: Any, path: list[int]) -> str:
    """What the path of a location leads to: numbers of fields of the descriptor, and places in them."""
    found, names = file, [file.package]
    while path:
        field = found.DESCRIPTOR.fields_by_number[path[0]]
        found = getattr(found, field.name)
        if field.is_repeated and len(path) > 1:
            found = found[path[1]]
        path = path[2 if field.is_repeated else 1 :]
        if not hasattr(found, "name"):
            break
        names.append(found.name)
    return ".".join(names)


def joined(comment: str) -> str:
    """Paragraphs, each on one line."""
    paragraphs = re.split(r"\n\s*\n", "\n".join(line.strip() for line in comment.strip().splitlines()))
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def renamed(module: str) -> str:
    return {"ai.stigmer": PACKAGE.name, "buf": f"{PACKAGE.name}.buf"}[module]


def report_drift(fresh: Path) -> int:
    differing = [str(name) for name in sorted(module_names(fresh) | module_names(PACKAGE)) if differs(name, fresh)]
    if differing:
        print("gen/stigmer_proto is not what proto/ gives; run scripts/generate.py. Differing:", *differing, sep="\n  ")
    return 1 if differing else 0


def module_names(package: Path) -> set[Path]:
    """Modules, stubs and comments in `package`, relative to it."""
    return {file.relative_to(package) for suffix in ("py", "pyi", "json") for file in package.rglob(f"*.{suffix}")}


def differs(name: Path, fresh: Path) -> bool:
    pair = (fresh / name, PACKAGE / name)
    return not all(file.exists() for file in pair) or not filecmp.cmp(*pair, shallow=False)


if __name__ == "__main__":
    sys.exit(main())
