"""Markdown as HTML that is safe to show: rendered without raw HTML, then cleaned."""

from functools import cache
from typing import TYPE_CHECKING, Final

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SCHEMES: Final = {"http", "https", "mailto"}


def to_html(text: str) -> str:
    """The text as HTML: no scripts, styles, images or frames; links only to the web and mail."""
    return nh3.clean(
        _renderer().render(text), tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES
    )


@cache
def _renderer() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - compiles for long, few processes render

    return MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("table")
