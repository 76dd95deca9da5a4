"""What all resources have in common."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from stigmer.errors import caller
from stigmer.metadata import API_VERSION, Metadata

if TYPE_CHECKING:
    from google.protobuf.message import Message


class Resource:
    """What a program deploys. `place` is the line that made it."""

    kind: ClassVar[str]
    noun: ClassVar[str]
    """Its kind as on the command line, and in the names of files: `agent-instance`."""

    def __init__(self, metadata: Metadata) -> None:
        self.place = caller()
        self.metadata = metadata

    @property
    def name(self) -> str:
        """The name people read."""
        return self.metadata.name

    @property
    def slug(self) -> str:
        """The name programs use; unique among those of its kind and owner."""
        return self.metadata.slug

    def dependencies(self) -> list[str]:
        """What has to exist before it, `<noun>:<slug>` each."""
        return []

    def envelope(self, spec: Mapping[str, Any], stamp: Mapping[str, str] | None) -> dict[str, Any]:
        """The fields of the message around `spec`, by their names in the contract; `stamp` joins the annotations."""
        return {
            "api_version": API_VERSION,
            "kind": self.kind,
            "metadata": self.metadata.to_dict(stamp or {}),
            "spec": spec,
        }

    def to_message(self, stamp: Mapping[str, str] | None = None) -> "Message":
        """The message that is deployed, `stamp` among its annotations. Imports protobuf."""
        raise NotImplementedError(f"{self.kind} does not say")
