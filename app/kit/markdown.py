"""Markdown as HTML that is safe to show: rendered without raw HTML, then cleaned."""

from typing import Final

import nh3
from markdown_it import MarkdownIt

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("table")
_TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SCHEMES: Final = {"http", "https", "mailto"}


def to_html(text: str) -> str:
    """The text as HTML: no scripts, styles, images or frames; links only to the web and mail."""
    return nh3.clean(
        _MARKDOWN.render(text), tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES
    )
