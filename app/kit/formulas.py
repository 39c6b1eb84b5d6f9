"""Text that a spreadsheet would take for a formula, and how it stays text.

A cell of a text file that begins with one of `STARTERS` is worked out by whatever opens it. An
apostrophe in front keeps it text. Text that begins with apostrophes before such a character gets
one more, so that taking one away always gives back what was there.
"""

import re
from typing import Final

STARTERS: Final = "=+-@\t\r\n＝＋－＠"
"""What begins a formula, in some spreadsheet of some country."""
_GUARDED: Final = re.compile(f"'*[{re.escape(STARTERS)}]")


def is_risky(text: str) -> bool:
    """Return whether a spreadsheet may take a text for a formula."""
    return text[:1] in STARTERS if text else False


def guard(text: str) -> str:
    """Return the text as a cell of a text file that is never a formula."""
    return f"'{text}" if _GUARDED.match(text) else text


def unguard(text: str) -> str:
    """Return the text that a guarded cell was made of."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text
