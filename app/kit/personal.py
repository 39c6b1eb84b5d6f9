"""Numbers of persons in texts: nobody's identity number is kept anywhere."""

import re
from typing import Final

from stdnum.cn import ric
from stdnum.util import clean

# GB 11643: division, day of birth, sequence, check character; written together or in these parts.
_RESIDENT: Final = re.compile(
    r"(?<![0-9])[1-9][0-9]{5}([ -]?)(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])"
    r"(?:0[1-9]|[12][0-9]|3[01])\1[0-9]{3}[0-9Xx](?![0-9])"
)
_OTHER_FORMS: Final = str.maketrans("ＸｘⅩⅹ－‐‑‒–—−\u3000\u00a0\u2009", "XXXX-------   ")
_MAY_BE: Final = re.compile(r"\d")


def find_resident_number(text: str, *, checked: bool = True) -> int | None:
    """Return where the first resident identity number in a text begins, None if there is none.

    `checked`: only one whose check character is right, so that a document's number passes. Where a
    person is spoken of, a mistyped number is still somebody's.
    """
    for found in _RESIDENT.finditer(_plain(text)):
        number = clean(found[0], " -").upper()
        if not checked or ric.calc_check_digit(number) == number[-1]:
            return found.start()
    return None


def _plain(text: str) -> str:
    """Return a text of the same length with digits of any script as 0 to 9."""
    if text.isascii() or not _MAY_BE.search(text):
        return text
    return _MAY_BE.sub(lambda found: str(int(found[0])), text.translate(_OTHER_FORMS))
