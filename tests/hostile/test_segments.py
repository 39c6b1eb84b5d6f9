"""Pictures whose files have more parts than any honest one: refused before they are looked into."""

import io
import random
import struct
from collections.abc import Callable

import pytest
from PIL import Image

from app.kit import heif, images, segments
from app.kit.sandbox import RefusedError
from tests.hostile.test_files import END, SIGNATURE, chunk, header, png

MANY = segments.MOST + 1


def picture(kind: str, size: int = 64, **options: object) -> bytes:
    """A picture of noise, which nothing makes small."""
    noise = random.Random(3).randbytes(size * size * 3)  # noqa: S311 - to be repeated
    out = io.BytesIO()
    Image.frombytes("RGB", (size, size), noise).save(out, kind, **options)
    return out.getvalue()


def webp() -> bytes:
    plain = picture("WEBP")
    riff = plain[12:] + b"JUNK\x00\x00\x00\x00" * MANY
    return b"RIFF" + struct.pack("<I", len(riff) + 4) + b"WEBP" + riff


def jpeg(*before: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(before) + picture("JPEG")[2:]


def scans() -> bytes:
    """A progressive picture whose last scan comes again and again."""
    plain = picture("JPEG", progressive=True)
    last = plain[plain.rindex(b"\xff\xda") : -2]
    return plain[:-2] + last * 300 + b"\xff\xd9"


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def heic(extents: int, boxes: int = 0) -> bytes:
    """A photo whose metadata are said to be the whole file, as often as wanted."""
    names = box(b"infe", b"\x02\0\0\0" + struct.pack(">HH4s", 1, 0, b"Exif"))
    places = struct.pack(">BBHH", 0x44, 0, 1, 1) + struct.pack(">HH", 0, extents)
    places += struct.pack(">II", 0, 1000) * extents
    inner = box(b"iinf", bytes(4) + struct.pack(">H", 1) + names)
    inner += box(b"iloc", bytes(4) + places)
    head = box(b"ftyp", b"heic" + bytes(4))
    return head + box(b"free", b"") * boxes + box(b"meta", bytes(4) + inner) + bytes(2000)


def strip(media_type: str) -> Callable[[bytes], None]:
    return lambda content: images.strip(io.BytesIO(content), io.BytesIO(), media_type)


def blank(content: bytes) -> None:
    heif.blank(io.BytesIO(content), io.BytesIO())


Read = Callable[[bytes], None]
JPEG, PNG, WEBP = (strip(f"image/{kind}") for kind in ("jpeg", "png", "webp"))
TOO_MANY: dict[str, tuple[Callable[[], bytes], Read]] = {
    "texts": (lambda: png(8, 8, *[chunk(b"tEXt", b"a\0b")] * MANY), PNG),
    "data": (lambda: SIGNATURE + header(8, 8) + chunk(b"IDAT", b"") * MANY + END, PNG),
    "markers": (lambda: jpeg(b"\xff\xe1\x00\x02" * MANY), JPEG),
    "fill": (lambda: jpeg(b"\xff" * MANY), JPEG),
    "markers alone": (lambda: jpeg(b"\xff\xd0" * MANY), JPEG),
    "scans": (scans, JPEG),
    "chunks": (webp, WEBP),
    "boxes": (lambda: heic(1, boxes=2000), blank),
    "places": (lambda: heic(500), blank),
}
HONEST: dict[str, tuple[Callable[[], bytes], Read]] = {
    "progressive": (lambda: picture("JPEG", 1000, progressive=True, quality=100), JPEG),
    "metadata": (lambda: picture("JPEG", 500, exif=b"Exif\0\0" + bytes(60_000)), JPEG),
    "plain": (lambda: picture("PNG", 1000, compress_level=0), PNG),
    "lossless": (lambda: picture("WEBP", 200, lossless=True), WEBP),
    "of a phone": (lambda: heic(1), blank),
}


@pytest.mark.parametrize("name", TOO_MANY)
def test_more_parts_than_any_picture_has_are_refused(name: str) -> None:
    make, read = TOO_MANY[name]
    with pytest.raises(RefusedError):
        read(make())


@pytest.mark.parametrize("name", HONEST)
def test_what_cameras_and_programs_write_is_taken(name: str) -> None:
    make, read = HONEST[name]
    read(make())
