"""Forms with files, whose names come in any of the ways in which systems write them."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.formparsers import MultiPartParser

_EXTENDED: Final = re.compile(rb";\s*filename\*\s*=\s*([\w-]+)'[^']*'([^;\s]+)", re.IGNORECASE)
_PLAIN: Final = re.compile(rb'(;\s*filename\s*=\s*)("(?:[^"\\]|\\.)*"|[^;\s]+)', re.IGNORECASE)


class FormParser(MultiPartParser):
    """Starlette's parser, for names in the characters of the caller's system, too."""

    def on_headers_finished(self) -> None:
        """Read the name of a part's file as UTF-8, in which all of them are from here on."""
        # Starlette hands the header of a part to nobody before it has judged it.
        part = self._current_part
        if part.content_disposition is not None:
            part.content_disposition = in_utf_8(part.content_disposition)
        super().on_headers_finished()


def in_utf_8(disposition: bytes) -> bytes:
    """Return a `Content-Disposition` with its file's name as plain UTF-8.

    `filename*` (RFC 5987) goes first; else a name that is no UTF-8 is one of a Chinese system.
    """
    extended = _EXTENDED.search(disposition)
    if extended is not None:
        name = _text(unquote_to_bytes(extended[2]), extended[1].decode("ascii"))
        rest = _PLAIN.sub(b"", _EXTENDED.sub(b"", disposition))
        quoted = name.replace("\\", "\\\\").replace('"', '\\"').encode()
        return rest + b'; filename="' + quoted + b'"'
    return _PLAIN.sub(lambda found: found[1] + _text(found[2]).encode(), disposition)


def _text(raw: bytes, stated: str = "utf-8") -> str:
    for encoding in (stated, "utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1")
