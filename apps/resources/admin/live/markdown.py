"""Markdown of agents as markup that can be put into a page: no markup of theirs, nothing that is fetched.

Links lead out and say so; a picture becomes a link to it. What the renderer makes is cleaned once more: should one of
the two be mistaken, the other is not.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST = 20_000
"""Characters: what is longer stays text."""
BELOW = 3
"""How many headings stand above those of an answer."""
TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "h4", "h5", "h6"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}


def rendered(text: str) -> str:
    """Markup; empty for what stays text."""
    if not text.strip() or len(text) > LONGEST:
        return ""
    import nh3

    return nh3.clean(
        _renderer().render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        url_relative="deny",  # an agent's link never leads to a page of ours
        link_rel="noopener noreferrer nofollow",
    )


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    made.add_render_rule("image", _picture)
    made.core.ruler.push("headings", _lower)
    return made


def _picture(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:  # Any: theirs
    """A link to it."""
    from markdown_it.common.utils import escapeHtml

    token = tokens[index]
    address = str(token.attrGet("src") or "")
    shown = renderer.renderInlineAsText(token.children or [], options, env) or address
    return f'<a href="{escapeHtml(address)}">{escapeHtml(shown)}</a>'


def _lower(state: Any) -> None:  # Any: theirs
    """Headings below those of the page."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + BELOW)}"
