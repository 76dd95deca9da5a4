"""The names of what is stored, as the server lists them at this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from apps.backends.light.wire import bytes_field, field, fields, number_field, text_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.light.http2 import LightChannel

LIST: Final = "/ai.stigmer.controlplane.v1.ResourceController/list"
PAGE: Final = 100
KIND, PAGE_SIZE, PAGE_TOKEN, READ_MASK = 1, 3, 4, 9
"""Fields of ListResourcesRequest; of FieldMask and ListResourcesResponse below, of every envelope and its metadata."""
PATHS = 1
ENTRIES, NEXT_PAGE_TOKEN = 1, 2
ANY_VALUE = 2
METADATA, SPEC = 3, 4
SLUG, ID = 2, 3
DESCRIPTION: Final = {
    "Agent": ("description", 1),
    "AgentInstance": ("description", 2),
    "Environment": ("description", 1),
    "McpServer": ("description", 1),
    "Organization": ("description", 1),
    "Session": ("subject", 2),
    "Workflow": ("description", 1),
    "WorkflowInstance": ("description", 2),
}
"""What says of a resource what it is, where its kind has that: a field of the spec, and its number."""


class Named(NamedTuple):
    """A resource, by what people call it."""

    slug: str
    id: str
    description: str
    """Its first line."""


def names_of(channel: LightChannel, kind: str) -> Iterator[Named]:
    """All resources of a kind, newest first, asked for page by page as they are taken.

    Raises LightCallFailed, and Malformed for an answer that is none.
    """
    described, number = DESCRIPTION.get(kind, ("", 0))
    paths = ["metadata.slug", "metadata.id", *([f"spec.{described}"] if described else [])]
    mask = b"".join(text_field(PATHS, path) for path in paths)
    token = ""
    while True:
        asked = text_field(KIND, kind) + number_field(PAGE_SIZE, PAGE) + text_field(PAGE_TOKEN, token)
        page = channel.call(LIST, asked + bytes_field(READ_MASK, mask))
        for each, content in fields(page):
            if each == ENTRIES:
                yield named(field(content, ANY_VALUE), number)
        token = field(page, NEXT_PAGE_TOKEN).decode()
        if not token:
            return


def named(envelope: bytes, description: int) -> Named:
    """Of an envelope with the number of the field of its spec that describes it, 0 for none."""
    metadata = field(envelope, METADATA)
    text = field(field(envelope, SPEC), description).decode() if description else ""
    return Named(field(metadata, SLUG).decode(), field(metadata, ID).decode(), text.strip().partition("\n")[0])
