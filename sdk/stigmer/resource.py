"""What agents and workflows have in common."""

from typing import ClassVar

from stigmer.errors import caller
from stigmer.metadata import Metadata


class Resource:
    """What a program deploys. `place` is the line that made it."""

    kind: ClassVar[str]

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
