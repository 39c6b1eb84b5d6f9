"""Texts on one level: what differs in width, in case or in how it is composed is found as one.

Both databases compare by this, SQLite by the function itself, PostgreSQL by the same in SQL
(`app.models.search`): none of it depends on a locale.
"""

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


def level(text: str) -> str:
    """Return a text in NFKC, its letters small."""
    return unicodedata.normalize("NFKC", text).translate(_TABLE)
