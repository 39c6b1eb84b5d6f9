"""How many parts the file of a picture has: an honest one has hundreds; each takes time to read."""

import struct
from collections.abc import Callable
from typing import Final

MOST: Final = 20_000
"""Chunks or segments: five times as many as a picture of the largest size has in the smallest."""
_MOST_SCANS: Final = 200
"""Each scan of a progressive JPEG is a walk over the whole picture; an honest one has ten."""
_PNG_HEAD, _PNG_CHUNK = 8, 12
_RIFF_HEAD, _RIFF_CHUNK = 12, 8
_JPEG_HEAD, _MARKER = 2, 4
_SCAN: Final = 0xDA
_FILL: Final = 0xFF
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that are followed by no length."""


def are_few(data: bytes, kind: str) -> bool:
    """Return whether a picture has no more parts than an honest one; `kind` is Pillow's name."""
    return _COUNTED[kind](data)


def _png(data: bytes) -> bool:
    place, number = _PNG_HEAD, 0
    while place + _PNG_CHUNK <= len(data) and number <= MOST:
        (length,) = struct.unpack_from(">I", data, place)
        place, number = place + _PNG_CHUNK + length, number + 1
    return number <= MOST


def _webp(data: bytes) -> bool:
    place, number = _RIFF_HEAD, 0
    while place + _RIFF_CHUNK <= len(data) and number <= MOST:
        (length,) = struct.unpack_from("<I", data, place + 4)
        place, number = place + _RIFF_CHUNK + length + length % 2, number + 1
    return number <= MOST


def _jpeg(data: bytes) -> bool:
    # In a scan itself an 0xFF is followed by nothing that begins another.
    if data.count(b"\xff\xda") > _MOST_SCANS:
        return False
    place, number = _JPEG_HEAD, 0
    while place + _MARKER <= len(data) and number <= MOST:
        marker = data[place + 1]
        if data[place] != _FILL or marker == _SCAN:
            break
        number += 1
        if marker == _FILL:
            place += 1
        elif marker in _ALONE:
            place += 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return number <= MOST


_COUNTED: Final[dict[str, Callable[[bytes], bool]]] = {"PNG": _png, "WEBP": _webp, "JPEG": _jpeg}
