"""The contract's own rules (protovalidate), every violation at once."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from apps.resources.errors import Violation

if TYPE_CHECKING:
    import protovalidate


@cache
def _validator() -> protovalidate.Validator:
    """One instance: it caches the compiled rules of each message type.

    With the first message: it takes 12 MB and a tenth of a second, and most processes check none.
    """
    import protovalidate

    return protovalidate.Validator()


def prepare() -> None:
    """Load what the first message needs, so that it need not wait."""
    _validator()


def contract_violations(message: Message, excused: Collection[str] = ()) -> list[Violation]:
    """Every rule that `message` breaks, except those whose rule id is in `excused`."""
    found = (violation.proto for violation in _validator().collect_violations(message))
    return [Violation(_path(v.field), v.message or v.rule_id) for v in found if v.rule_id not in excused]


def _path(field: protovalidate.FieldPathPb) -> str:
    """`spec.tasks[2].name`, `metadata.labels["a b"]`."""
    path = ""
    for element in field.elements if field else ():
        path += f".{element.field_name}" if path else element.field_name
        subscript = element.subscript
        if subscript is not None:
            key = subscript.value
            path += f"[{key}]" if subscript.field != "string_key" else f'["{key}"]'
    return path
