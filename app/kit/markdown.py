"""Markdown as HTML that is safe to show: no raw HTML, within limits, then cleaned.

A few thousand characters can ask for megabytes of cells, levels or links. What asks for more than
the limits is shown as it was written, with a word. See `docs/decisions/0067-html-within-limits.md`.
"""

import asyncio
import html
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import nh3
import pyromark

RENDERER: Final = 1
"""Counts up whenever the same text is rendered otherwise: what is kept is then rendered anew."""
MAX_LENGTH: Final = 160_000
"""Characters of HTML: eight times the longest text."""
_MAX_CELLS: Final = 5000
_MAX_DEPTH: Final = 40
_DEADLINE_SECONDS: Final = 10.0
_WORD: Final = (
    "<p><em>格式过于复杂，按原文显示。 "
    "The formatting is too complex: shown as it was written.</em></p>\n"
)
_OPTIONS: Final = pyromark.Options.ENABLE_TABLES
_TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SCHEMES: Final = {"http", "https", "mailto"}
_threads: Final = ThreadPoolExecutor(2, thread_name_prefix="markdown")


async def render(text: str) -> str:
    """Return the text as HTML, rendered beside the event loop."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            return await loop.run_in_executor(_threads, to_html, text)
    except TimeoutError:
        return escape_text(text)


def to_html(text: str) -> str:
    """Return the text as HTML: no scripts, styles, images or frames; links to the web and mail."""
    source = _without_raw_html(text)
    if _is_excessive(source):
        return escape_text(text)
    rendered = pyromark.html(source, options=_OPTIONS)
    if len(rendered) > MAX_LENGTH:
        return escape_text(text)
    cleaned = nh3.clean(rendered, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES)
    return cleaned if len(cleaned) <= MAX_LENGTH else escape_text(text)


def escape_text(text: str) -> str:
    """Return the text itself, escaped, with a word why it is not formatted."""
    return f"{_WORD}<pre>{html.escape(text, quote=False)}</pre>\n"


def _without_raw_html(text: str) -> str:
    """Return the source with what would be HTML of its own as plain text."""
    source = text.encode()
    parts: list[bytes] = []
    done = 0
    for event, place in pyromark.events_with_range(text, options=_OPTIONS):
        if "Html" in event or "InlineHtml" in event:
            start, end = place["start"], place["end"]
            parts += [source[done:start], source[start:end].replace(b"<", b"&lt;")]
            done = end
    return b"".join([*parts, source[done:]]).decode()


def _is_excessive(source: str) -> bool:
    """Return whether the HTML would nest too deeply, have too many cells, or raw HTML after all."""
    cells = depth = 0
    events: Iterable[Any] = pyromark.events(source, options=_OPTIONS)
    for event in events:
        if "Start" in event:
            depth += 1
            cells += event["Start"] == "TableCell"
        elif "End" in event:
            depth -= 1
        elif "Html" in event or "InlineHtml" in event:
            return True
        if depth > _MAX_DEPTH or cells > _MAX_CELLS:
            return True
    return False
