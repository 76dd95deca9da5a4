"""What the editor of a spec offers: names and values of the kind's schema, and the slugs that references can have."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from apps.resources.admin.links import kind_said
from apps.resources.caller import Caller
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import visible

MOST_NAMES: Final = 200


def completion_of(kind: Kind, caller: Caller) -> dict[str, Any]:
    """`schema` is that of the spec, `refers` the ends of paths (`skill_refs.[].slug`) with what can stand there."""
    found = {path: _names(BY_NAME[name], caller) for path, name in _references(kind).items()}
    kinds = {path: kind_said(name) for path, name in _references(kind).items()}
    return {
        "schema": _spec_schema(kind),
        "refers": [{"path": path, "kind": kinds[path], "names": names} for path, names in found.items()],
    }


def _references(kind: Kind) -> dict[str, str]:
    """The name of a kind by where its slugs stand."""
    found = {f"{each.path.replace('[]', '.[]')}.{each.slug_field}": each.kind for each in kind.references}
    if kind.parent is not None:
        found[kind.parent.spec_field] = kind.parent.kind
    return found


def _names(kind: Kind, caller: Caller) -> list[str]:
    """The newest."""
    return list(visible(kind, caller).order_by("-pk").values_list("slug", flat=True)[:MOST_NAMES])


@cache
def _spec_schema(kind: Kind) -> dict[str, Any]:
    from apps.resources.wire.codec import message_class  # generated messages come along with it
    from apps.schemas.json_schema import schema_of

    descriptor: Any = message_class(kind).DESCRIPTOR  # Any: the stubs know two classes of that name
    whole = schema_of(descriptor)
    return {**whole["properties"].get("spec", {}), "$defs": whole["$defs"]}
