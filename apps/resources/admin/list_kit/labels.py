"""A label for many at once, of whatever kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from apps.resources.admin.list_kit.deeds import Deed
from apps.resources.admin.resource_page import spec_yaml
from apps.resources.admin.yaml_text import read_node
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.kind import Kind
from apps.resources.storage.lookup import get_row

LABEL: Final = re.compile(r"(?P<name>[^=\s][^=]*?)\s*(?:=(?P<value>.*)|(?P<gone>-))")
SET_LABEL: Final = Deed(
    "label",
    "Label",
    "labelled",
    ("Each gets a new revision with this label, or without it where it ends in a hyphen; all else stays.",),
    asks="a label",
)


def label_change(typed: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """`name=value` sets it, `name-` takes it away. Raises InvalidInput."""
    found = LABEL.fullmatch(typed.strip())
    if found is None:
        raise InvalidInput.at("label", f"write name=value, or name- to take it away, not {typed!r}")
    name, value, is_gone = found["name"].strip(), found["value"], found["gone"]
    return lambda labels: (
        {key: each for key, each in labels.items() if key != name} | ({} if is_gone else {name: value.strip()})
    )


def relabel(kind: Kind, pk: str, change: Callable[[dict[str, str]], dict[str, str]], caller: Caller) -> None:
    """A new revision with other labels; none where they are so already. Raises StigmerError."""
    from apps.resources.wire.yaml_form import draft_from_yaml
    from apps.resources.writes import actions

    row = get_row(kind, pk, caller)
    labels = change(dict(row.labels))
    if labels == row.labels:
        return
    metadata = {
        "id": row.pk,
        "name": row.name,
        "slug": row.slug,
        "org": row.org,
        "owner_scope": row.owner_scope,
        "labels": labels,
        "annotations": row.annotations,
        "tags": row.tags,
        "version": {"id": row.version_id, "message": "labels changed in the admin"},
    }
    node = read_node(spec_yaml(kind, row, caller), lambda *_: None)  # our own dump has no mistakes
    actions.update(draft_from_yaml(kind, metadata, node, caller), caller)
