"""What a body says that it is: its type, its characters, and what it was packed with."""

from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers

from app.kit.problems import UnsupportedMediaType

JSON: Final = ("application/json", "application/merge-patch+json")
_UTF_8: Final = frozenset({"", "utf-8", "utf8"})
_UNPACKED: Final = frozenset({"", "identity"})


def find_unfit(headers: Headers, *accepted: str) -> UnsupportedMediaType | None:
    """Return the problem of a body that is not of an accepted type, in UTF-8 and unpacked."""
    given = headers.get("content-type", "")
    kind, options = parse_options_header(given)
    charset = options.get(b"charset", b"").decode("latin-1").lower()
    packed = headers.get("content-encoding", "").strip().lower()
    if packed not in _UNPACKED:
        found, more = f"Content-Encoding: {packed}", {"Accept-Encoding": "identity"}
    elif kind.decode("latin-1").lower() not in accepted or charset not in _UTF_8:
        found, more = given or "-", {}
    else:
        return None
    return UnsupportedMediaType(expected=accepted[0], found=found, headers=more)
