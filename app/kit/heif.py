"""Photos of phones in HEIF (ISO/IEC 23008-12), without what says where and when they were taken.

The picture is not decoded: its items of metadata are found by the boxes around them, and blanked.
"""

import struct
from collections.abc import Iterator
from shutil import copyfileobj
from typing import IO, Final

from app.kit.sandbox import RefusedError

MEDIA_TYPE: Final = "image/heic"
BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_LARGEST: Final = 4 * 1024 * 1024
"""Bytes of the boxes that say where everything is."""
_MOST_BOXES: Final = 1000
"""Boxes before the one that says where everything is: an honest file has one or two."""
_METADATA: Final = frozenset({b"Exif", b"mime", b"uri "})
_FULL, _SIZES = 4, 8
_Box = tuple[bytes, memoryview]


def blank(file: IO[bytes], result: IO[bytes]) -> None:
    """Write the same file with nothing in its items of metadata. Raises `RefusedError`.

    To be run in a sandbox.
    """
    try:
        head = memoryview(_meta(file))
        inner = dict(_boxes(head[_FULL:]))
        items = {item for item, kind in _items(inner[b"iinf"]) if kind in _METADATA}
        places = [place for item, place in _places(inner[b"iloc"]) if item in items]
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise RefusedError from error
    file.seek(0)
    copyfileobj(file, result)
    size = result.tell()
    if sum(length for _, length in places) > size:
        raise RefusedError
    for start, length in places:
        if length == 0 or start + length > size:
            raise RefusedError
        result.seek(start)
        result.write(bytes(length))


def _meta(file: IO[bytes]) -> bytes:
    """Return what is in the box `meta`; boxes with movies in them are refused."""
    for _ in range(_MOST_BOXES):
        length, kind = struct.unpack(">I4s", file.read(_SIZES))
        start = _SIZES
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            start = 16
        if kind in {b"moov", b"moof"} or length < start:
            raise ValueError(kind)
        if kind == b"meta":
            if length > _LARGEST:
                raise ValueError(length)
            return file.read(length - start)
        file.seek(length - start, 1)
    raise ValueError(_MOST_BOXES)


def _boxes(data: memoryview) -> Iterator[_Box]:
    while len(data) >= _SIZES:
        length, kind = struct.unpack(">I4s", data[:_SIZES])
        if length < _SIZES or length > len(data):
            raise ValueError(length)
        yield kind, data[_SIZES:length]
        data = data[length:]


def _items(data: memoryview) -> Iterator[tuple[int, bytes]]:
    """Yield the id and the kind of each item."""
    start = _FULL + (2 if data[0] == 0 else 4)
    for kind, entry in _boxes(data[start:]):
        if kind != b"infe" or entry[0] not in {2, 3}:
            raise ValueError(kind)
        wide = entry[0] == 3  # noqa: PLR2004 - a version of the box
        form = ">I2x4s" if wide else ">H2x4s"
        yield struct.unpack_from(form, entry, _FULL)


def _places(data: memoryview) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the id of each item with each place in the file where a part of it is."""
    version, (sizes, more) = data[0], data[_FULL : _FULL + 2]
    reader = _Reader(data[_FULL + 2 :])
    of_offset, of_length, of_base = sizes >> 4, sizes & 15, more >> 4
    of_index = more & 15 if version else 0
    for _ in range(reader.number(4 if version == 2 else 2)):  # noqa: PLR2004 - as above
        item = reader.number(4 if version == 2 else 2)  # noqa: PLR2004 - as above
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        base = reader.number(of_base)
        for _ in range(reader.number(2)):
            reader.number(of_index)
            start, length = reader.number(of_offset), reader.number(of_length)
            # Elsewhere than in the file itself: never where metadata are known to be.
            yield item, (base + start, length if method == 0 else 0)


class _Reader:
    """Reads one number after the other."""

    def __init__(self, data: memoryview) -> None:
        """Begin at the beginning."""
        self._data = data

    def number(self, size: int) -> int:
        """Return the next number of so many bytes; 0 where it has none."""
        part, self._data = self._data[:size], self._data[size:]
        if len(part) < size:
            raise ValueError(size)
        return int.from_bytes(part)
