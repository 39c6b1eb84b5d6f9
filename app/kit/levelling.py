"""Texts on one level: what differs in width, in case or in how it is composed is found as one.

Both databases compare by this, SQLite by the function itself, PostgreSQL by the same in SQL
(`app.models.search`): none of it depends on a locale.

To compose a text its combining marks are sorted, which costs the square of how many there are in a
row. So what is kept or asked for has no more of them than `MOST_MARKS` (`has_many_marks`), and what
a file holds is composed by `compose`, whose cost is linear whatever it holds.
"""

import re
import unicodedata
from typing import Final

_SCRIPTS: Final = ((0x41, 0x24F), (0x370, 0x52F))
"""Latin, Greek and Cyrillic."""


def _capitals() -> dict[str, str]:
    letters = (chr(code) for first, last in _SCRIPTS for code in range(first, last + 1))
    lowered = {
        letter: letter.lower()
        for letter in letters
        if unicodedata.category(letter) == "Lu" and len(letter.lower()) == 1
    }
    return lowered | {"ς": "σ"}


CAPITALS: Final = _capitals()
"""Letters and what they are on the level."""
_TABLE: Final = str.maketrans(CAPITALS)
MOST_MARKS: Final = 30
"""Combining marks in a row (Unicode TR 15, stream-safe text)."""
_MADE_OF_MARKS: Final = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")
"""What becomes combining marks, and nothing else, when it is composed."""
_JOINER: Final = "\u034f"
# Runs of what is neither Latin nor Chinese, where marks that combine with a letter stand.
_RARE: Final = re.compile(
    "[^\x00-\u02ff\u2000-\u206f\u3000-\u3029\u3400-\u9fff\uff00-\uff9d\uffa0-\uffef]{31,}"
)


def has_many_marks(text: str) -> bool:
    """Return whether more than `MOST_MARKS` combining marks stand in a row in a text."""
    return any(_divide(run) != run for run in _RARE.findall(text))


def compose(text: str) -> str:
    """Return a text in NFKC, with a joiner that is not seen among marks of which there are many."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _RARE.sub(lambda run: _divide(run[0]), text))


def _divide(text: str) -> str:
    """Return a text with a joiner after each `MOST_MARKS` combining marks in a row."""
    parts, marks = [], 0
    for character in text:
        is_mark = unicodedata.combining(character) or character in _MADE_OF_MARKS
        marks = marks + 1 if is_mark else 0
        if marks > MOST_MARKS:
            parts.append(_JOINER)
            marks = 1
        parts.append(character)
    return "".join(parts)


def level(text: str) -> str:
    """Return a text in NFKC, its letters small."""
    return compose(text).translate(_TABLE)
