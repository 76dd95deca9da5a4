"""What a SKILL.md says of itself: the lines of YAML between two `---` at its top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.yaml_text.errors import BadYaml
from apps.yaml_text.tree import Mapping, Node, Scalar, read_documents

LINE = "---"
MAX_BYTES = 64 * 1024
NAME = re.compile(r"[a-z0-9-]{1,64}")
MAX_DESCRIPTION = 1024


@dataclass(frozen=True)
class FrontMatter:
    """Each is empty where it is not said."""

    name: str = ""
    description: str = ""


def read_front_matter(text: str) -> tuple[FrontMatter, list[str]]:
    """What the front matter says, and everything that is wrong with it. A text need not have one."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != LINE:
        return FrontMatter(), []
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == LINE), 0)
    if not end:
        return FrontMatter(), ["begins with front matter that does not end: put `---` on a line below it"]
    source = "\n".join(lines[1:end]).encode("utf-8", "replace")
    if len(source) > MAX_BYTES:
        return FrontMatter(), [f"has front matter of {len(source):,} bytes; at most {MAX_BYTES:,} are read"]
    return _read(source)


def _read(source: bytes) -> tuple[FrontMatter, list[str]]:
    problems: list[str] = []
    try:
        documents = list(read_documents(source, lambda where, why: problems.append(_at(where.line, why))))
    except BadYaml as error:
        return FrontMatter(), [_at(error.position.line, error.why)]
    if len(documents) > 1 or not all(isinstance(document, Mapping) for document in documents):
        return FrontMatter(), [*problems, "has front matter that is no mapping of names to values"]
    found = {
        key: node
        for document in documents
        if isinstance(document, Mapping)
        for key, (_, node) in document.entries.items()
    }
    texts = {name: _text(found.get(name)) for name in ("name", "description")}
    problems += [f"has a {name} in its front matter that is no text" for name, value in texts.items() if value is None]
    said = FrontMatter(texts["name"] or "", texts["description"] or "")
    return said, [*problems, *_problems(said)]


def _at(line: int, why: str) -> str:
    return f"has front matter that cannot be read: line {line + 1}: {why}"  # the `---` is line 1


def _text(node: Node | None) -> str | None:
    """None for what is no text; a number or a date without quotes is taken as it is written."""
    if node is None:
        return ""
    return node.text if isinstance(node, Scalar) and not isinstance(node.value, bool) else None


def _problems(said: FrontMatter) -> Iterator[str]:
    if said.name and not NAME.fullmatch(said.name):
        yield "has a name in its front matter that is not made of 1 to 64 lowercase letters, digits and hyphens"
    if len(said.description) > MAX_DESCRIPTION:
        yield f"has a description in its front matter of more than {MAX_DESCRIPTION:,} characters"
