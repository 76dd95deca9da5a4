"""A kind's README.md, taken apart: what it says about which field, and its manifest."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from apps.resources.kind import Kind

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

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.yaml)
        return found
