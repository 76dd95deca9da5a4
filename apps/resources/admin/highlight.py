"""YAML of our own dumper with its parts marked, made on the server: pages show it without scripts.

Block style a line at a time: a lexer of the whole language took fifty times as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from apps.yaml_text.tree import resolve

LONGEST = 100_000
"""Characters: browsers take long for more than that many spans."""
LINE = re.compile(
    r"""(?P<indent>[ ]*(?:-[ ]+)*(?:-(?=$))?)
        (?:(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s'"\#][^:]*(?::\S[^:]*)*)(?P<colon>:)(?=[ ]|$))?
        (?P<value>.*)""",
    re.VERBOSE,
)
BLOCK = re.compile(r"[ ]*[|>][-+0-9]*$")
ENDS = {'"': re.compile(r'(?:[^"\\]|\\.)*"\s*$'), "'": re.compile(r"(?:[^']|'')*'\s*$")}
Span = tuple[str, str]


def yaml_block(text: str) -> SafeString:
    """A block of YAML; nothing for no text."""
    return format_html('<pre class="stigmer-code" tabindex="0">{}</pre>', marked(text)) if text else SafeString("")


def marked(text: str) -> SafeString:
    """The text, escaped, with its names, values and signs in spans with `hl-` classes."""
    if len(text) > LONGEST:
        return format_html("{}", text)
    return SafeString("".join(_html(*span) for span in spans(text)))


def spans(text: str) -> Iterator[Span]:
    """Classes ("" for none) and pieces, which are the text when they are put together."""
    within, quote = -1, ""  # how far the key of a block is indented; the quote that a line before has opened
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip(" "))
        if quote or (within >= 0 and (indent > within or not line.strip())):
            quote = "" if quote and ENDS[quote].match(line) else quote
            yield "", line
            continue
        within = -1
        if line.lstrip().startswith("#"):
            yield "comment", line
            continue
        found = LINE.match(line.rstrip("\n"))
        if found is None:  # the expression matches any line
            yield "", line
            continue
        value = found["value"]
        yield from (("sign", found["indent"]), ("name", found["key"] or ""), ("sign", found["colon"] or ""))
        if BLOCK.match(value):
            within = indent if found["key"] else len(found["indent"]) - 1
            yield "sign", value
        else:
            bare = value.strip()
            quote = bare[0] if bare[:1] in ENDS and not ENDS[bare[0]].match(bare[1:]) else ""
            yield ("value" if bare and not isinstance(resolve(bare), str) else ""), value
        yield "", line[found.end() :]


def _html(name: str, piece: str) -> str:
    escaped = escape(piece)
    return f'<span class="hl-{name}">{escaped}</span>' if name and piece.strip() else escaped
