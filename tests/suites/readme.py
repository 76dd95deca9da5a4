"""A kind's README.md, taken apart: what it says about which field, and its manifest."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from apps.resources.kind import Kind
from apps.resources.wire.codec import message_class
from apps.yaml_text.messages import MessageReader
from apps.yaml_text.tree import read_documents
from tests.suites.client import Envelope

HEADING = re.compile(r"^### `(\w+)`$", re.MULTILINE)
MANIFEST = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Readme:
    """`# Kind`, what it stands for, a heading of the third level for each field, one YAML block."""

    def __init__(self, path: Path) -> None:
        text = path.read_text()
        first, _, rest = text.partition("\n")
        self.title = first.removeprefix("# ")
        self.introduction = rest.partition("\n## ")[0].strip()
        parts = HEADING.split(text)
        self.fields = parts[1::2]
        self.explanations = [part.partition("\n## ")[0].strip() for part in parts[2::2]]
        (self.yaml,) = MANIFEST.findall(text)

    @classmethod
    def of(cls, kind: Kind) -> Readme:
        return cls(Path(str(sys.modules[type(kind).__module__].__file__)).with_name("README.md"))

    def envelope(self, kind: Kind) -> Envelope:
        """The manifest as the command line reads it."""
        complaints: list[str] = []
        (node,) = read_documents(self.yaml.encode(), lambda _, text: complaints.append(text))
        message = message_class(kind)()
        MessageReader(lambda _, path, text: complaints.append(f"{path} {text}")).fill(message, node)
        assert complaints == []
        return message

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.yaml)
        return found
