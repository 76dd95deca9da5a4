"""Which message is the config of which kind of task: named after it in the contract."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from stigmer_proto.commons.apiresource import enum_pb2

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

PREFIX: Final = "WORKFLOW_TASK_KIND_"
PACKAGE: Final = "stigmer_proto.agentic.workflow.v1.tasks"


def _config_of(kind: str) -> Descriptor:
    module = import_module(f"{PACKAGE}.{kind.lower()}_pb2")
    name = f"{kind.title().replace('_', '')}TaskConfig"
    found: Descriptor = getattr(module, name).DESCRIPTOR
    return found


CONFIGS: Final = {
    name.removeprefix(PREFIX): _config_of(name.removeprefix(PREFIX))
    for name, number in enum_pb2.WorkflowTaskKind.items()
    if number
}
"""By the short name of the kind, in the contract's order: `HTTP_CALL`."""
