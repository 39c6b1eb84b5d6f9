"""Texts that ask for far more HTML than they are long: shown as they were written, at once."""

import html
import time
from collections.abc import Callable

import pytest

from app.kit import markdown
from app.kit.markdown import escape_text, to_html
from tests.support.places import Place

pytestmark = pytest.mark.one_database

LONGEST = 20_000


def table(columns: int) -> Callable[[int], str]:
    return lambda size: "|" * (columns + 1) + "\n" + "|-" * columns + "|\n" + "|\n" * size


def nested(size: int) -> str:
    return "".join("  " * level + "- a\n" for level in range(int(size**0.5)))


HOSTILE: dict[str, Callable[[int], str]] = {
    "cells": lambda size: "|a|b|\n|-|-|\n" + "|c|d|\n" * size,
    "empty cells": table(100),
    "many columns": table(3000),
    "quotes": lambda size: ">" * size,
    "quotes again": lambda size: (">" * 19 + "a\n\n") * size,
    "lists": nested,
    "references": lambda size: "[a]: " + "x" * (size // 2) + "\n\n" + "[a]" * size,
    "links": lambda size: "[a](b) " * size,
    "addresses": lambda size: "<http://a>" * size,
    "brackets": lambda size: "[" * size,
    "open links": lambda size: "[a](b" * size,
    "emphasis": lambda size: "**a*" * size,
    "underscores": lambda size: "_a__" * size,
    "ticks": lambda size: "".join("`" * n + "a" for n in range(int((2 * size) ** 0.5))),
    "angles": lambda size: "<" * size,
    "tags": lambda size: "<b>x</b>" * size,
    "blocks": lambda size: "<div>\n\n" * size,
    "comments": lambda size: "<!--" * size,
    "entities": lambda size: "&amp;" * size,
    "headings": lambda size: "# a\n\n" * size,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_html_is_bounded_and_nothing_is_lost(kind: str) -> None:
    text = HOSTILE[kind](LONGEST)[:LONGEST]
    found = to_html(text)
    assert len(found) <= markdown.MAX_LENGTH
    assert found == escape_text(text) or "<script" not in found


@pytest.mark.parametrize("kind", HOSTILE)
def test_twice_the_text_takes_at_most_twice_and_a_half_as_long(kind: str) -> None:
    ratios: list[float] = []
    # One doubling may cost more than its share where the larger text leaves a cache; a square costs
    # four times at every one.
    for longest in [LONGEST] * 5 + [LONGEST // 2] * 5:
        half, whole = (seconds(HOSTILE[kind](size)[:size]) for size in (longest // 2, longest))
        # Where a limit ends the work early, and below the clock's grain, there is nothing to see.
        if longest == LONGEST or half >= 0.002:
            ratios.append(whole / max(half, 0.002))
        if ratios[-1] < 2.5:
            break
    assert min(ratios) < 2.5


def seconds(text: str) -> float:
    """Processor time of rendering: a busy machine does not change it."""
    begun = time.thread_time()
    to_html(text)
    return time.thread_time() - begun


def test_what_does_not_fit_is_shown_as_it_was_written() -> None:
    text = "|<a>|b|\n|-|-|\n" + "|c|d|\n" * 3000
    found = to_html(text)
    assert "The formatting is too complex" in found
    assert "按原文显示" in found
    assert html.escape(text, quote=False) in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("<div>\n**重**\n</div>", "<p>&lt;div&gt;\n<strong>重</strong>\n&lt;/div&gt;</p>\n"),
        ("> <p onclick=x>", "<blockquote>\n<p>&lt;p onclick=x&gt;</p>\n</blockquote>\n"),
        ("`<b>` <某>", "<p><code>&lt;b&gt;</code> &lt;某&gt;</p>\n"),
        ("[x](javascript:alert(1))", '<p><a rel="noopener noreferrer">x</a></p>\n'),
        ("![x](http://a/b.png)", "<p></p>\n"),
    ],
)
def test_html_in_a_text_is_shown_and_does_nothing(text: str, expected: str) -> None:
    assert to_html(text) == expected


async def test_a_report_answers_bounded_html(place: Place) -> None:
    made = await place.report(body=table(100)(LONGEST)[:LONGEST])
    answer = await place.reporter.send("GET", f"/v1/reports/{made['id']}", expect=200)
    assert len(answer.content) < 8 * LONGEST
    quoted = await place.report(body=HOSTILE["quotes"](LONGEST))
    assert "&gt;&gt;" in quoted["body_html"]
