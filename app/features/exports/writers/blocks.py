"""What a document is made of, and what HTML of a writing becomes in one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final, Literal

BlockKind = Literal["title", "byline", "heading", "subheading", "text", "addressees"]


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in a document: the first line holds its headings."""

    lines: Sequence[Sequence[str]]
    widths: Sequence[int]
    """Of the columns, in millimetres."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the red line."""

    name: str
    """In large red letters."""
    below: str | None = None
    """In the middle below it: the number of the document or of the issue."""
    left: str | None = None
    right: str | None = None


@dataclass(frozen=True, slots=True)
class Official:
    """A document in the layout of GB/T 9704-2012."""

    title: str
    """Of the file itself."""
    head: Head
    blocks: Sequence[Block | Grid]
    signature: Sequence[str] = ()
    """Who issues it, and the day."""
    imprint: Sequence[str] = field(default=())
    """Lines at the end: to whom copies go; the last one says who printed it and when."""


_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS: Final = frozenset({"p", "li", "tr", "pre", "blockquote", "dt", "dd"}) | _HEADINGS
_CELLS: Final = frozenset({"td", "th"})


class _Reader(HTMLParser):
    """Collects the paragraphs of HTML that a renderer has made."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's own signature
        """Begin a paragraph."""
        if tag in _BLOCKS:
            self.end()
            self._heading = tag in _HEADINGS
        elif tag == "br":
            self.end()

    def handle_endtag(self, tag: str) -> None:
        """End a paragraph; cells of a table stand apart."""
        if tag in _BLOCKS:
            self.end()
        elif tag in _CELLS:
            self._parts.append("　")

    def handle_data(self, data: str) -> None:
        """Take text."""
        self._parts.append(data)

    def end(self) -> None:
        """Keep what was collected as a paragraph."""
        text = " ".join("".join(self._parts).split(" ")).strip()
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        kind: BlockKind = "subheading" if self._heading else "text"
        self.blocks += [Block(kind, line) for line in lines]
        self._parts, self._heading = [], False


def blocks_of(html: str) -> list[Block]:
    """Return the paragraphs of a writing's HTML."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end()
    return reader.blocks
