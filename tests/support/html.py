"""Reads a page as a browser does: strictly, and with what it says."""

from html.parser import HTMLParser
from typing import Final

_VOID: Final = {"meta", "link", "input", "br", "hr", "img", "rect", "line", "polyline"}


class PageReader(HTMLParser):
    """The elements of a page; fails where one is not closed, or an id stands there twice."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.ids: set[str] = set()
        self.texts: list[str] = []
        self.cells: list[list[str]] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if "id" in given:
            assert given["id"] not in self.ids, given["id"]
            self.ids.add(given["id"])
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in {"td", "th"}:
            self.cells[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one that is closed at once."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """End the element that was begun last."""
        assert self.open, tag
        assert self.open[-1] == tag, (self.open[-3:], tag)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        """Note what is said."""
        text = " ".join(data.split())
        if text:
            self.texts.append(text)
            if {"td", "th"} & set(self.open):
                self.cells[-1][-1] = f"{self.cells[-1][-1]} {text}".strip()

    @property
    def text(self) -> str:
        """All that it says."""
        return " ".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [each["href"] for each in self.all("a")]
