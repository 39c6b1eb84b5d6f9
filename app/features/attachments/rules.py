"""Which files are taken, and what they really are: by their bytes, not by their name."""

import codecs
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final
from uuid import UUID

from app.features.attachments.errors import UNKNOWN_ATTACHMENT
from app.kit import archives, heif
from app.kit.problems import FieldError

HEAD: Final = 8192
"""Bytes from the beginning of a file that say what it is."""
_CHUNK: Final = 256 * 1024
_ENCODINGS: Final = ("utf-8", "gb18030")
"""Encodings of Chinese texts, tried in this order: UTF-8 almost never accepts text in GB 18030."""
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
_DOCX: Final = f"{_OPEN_XML}wordprocessingml.document"
_XLSX: Final = f"{_OPEN_XML}spreadsheetml.sheet"
_PPTX: Final = f"{_OPEN_XML}presentationml.presentation"

_OFD: Final = "application/ofd"

FOLDERS: Final = {_DOCX: "word/", _XLSX: "xl/", _PPTX: "ppt/", _OFD: archives.OFD}
"""Media types of archives, and in which of its folders the document is."""


def _is_text(head: bytes) -> bool:
    """Plain text, and nothing that a browser or a spreadsheet would take for a program."""
    if b"\x00" in head or head.lstrip().lower().startswith(
        (b"<!doctype", b"<html", b"<svg", b"<?xml")
    ):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            # The last character may be cut in two where the head ends.
            head[: max(len(head) - 4, 1)].decode(encoding, "strict")
        except UnicodeDecodeError as error:
            if error.start < len(head) - 8:
                continue
        return True
    return False


def _is_heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in heif.BRANDS


def encoding_of(file: IO[bytes]) -> str | None:
    """Return how all of a text is encoded, None where that cannot be told."""
    for encoding in _ENCODINGS:
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _is_archive(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04")


_SIGNATURES: Final[dict[str, tuple[str, Callable[[bytes], bool]]]] = {
    "jpg": ("image/jpeg", lambda head: head.startswith(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", lambda head: head.startswith(b"\xff\xd8\xff")),
    "png": ("image/png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    "webp": ("image/webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    "pdf": ("application/pdf", lambda head: head.startswith(b"%PDF-")),
    "doc": ("application/msword", lambda head: head.startswith(_OLE)),
    "xls": ("application/vnd.ms-excel", lambda head: head.startswith(_OLE)),
    "ppt": ("application/vnd.ms-powerpoint", lambda head: head.startswith(_OLE)),
    "wps": ("application/wps-office.wps", lambda head: head.startswith(_OLE)),
    "et": ("application/wps-office.et", lambda head: head.startswith(_OLE)),
    "dps": ("application/wps-office.dps", lambda head: head.startswith(_OLE)),
    "ofd": (_OFD, _is_archive),
    "heic": (heif.MEDIA_TYPE, _is_heif),
    "docx": (_DOCX, _is_archive),
    "xlsx": (_XLSX, _is_archive),
    "pptx": (_PPTX, _is_archive),
    "txt": ("text/plain", _is_text),
    "md": ("text/markdown", _is_text),
    "csv": ("text/csv", _is_text),
}

EXTENSIONS: Final = tuple(sorted(_SIGNATURES))
"""Accepted extensions."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The organization that an attachment belongs to, and its record, if it has one."""

    org_id: UUID
    record_id: UUID | None


def unknown(
    named: Sequence[UUID], owners: Mapping[UUID, Owner], org_ids: Collection[UUID]
) -> Iterator[FieldError]:
    """Yield errors for `attachment_ids` not of the record's organizations, or standing twice."""
    before: set[UUID] = set()
    for index, attachment_id in enumerate(named):
        owner = owners.get(attachment_id)
        if owner is None or owner.org_id not in org_ids or attachment_id in before:
            yield UNKNOWN_ATTACHMENT.at(f"/attachment_ids/{index}")
        before.add(attachment_id)


def taken(
    named: Sequence[UUID], owners: Mapping[UUID, Owner], record_id: UUID
) -> Iterator[FieldError]:
    """Yield errors for a record's `attachment_ids` that belong to another record."""
    for index, attachment_id in enumerate(named):
        owner = owners.get(attachment_id)
        if owner is not None and owner.record_id not in {None, record_id}:
            yield UNKNOWN_ATTACHMENT.at(f"/attachment_ids/{index}")


def extension(filename: str) -> str:
    """Return the extension of a file name, lower case, without its dot."""
    return PurePosixPath(filename.replace("\\", "/")).suffix.lstrip(".").lower()


def media_type(filename: str, head: bytes) -> str | None:
    """Return the media type if the file begins as its name says, None otherwise."""
    name, fits = _SIGNATURES[extension(filename)]
    return name if fits(head) else None


def safe_name(filename: str) -> str:
    """Return the last part of a name, whatever path the caller's system put before it."""
    return PurePosixPath(filename.replace("\\", "/")).name


def disposition(filename: str) -> str:
    """Return a `Content-Disposition` that only ever downloads (RFC 6266)."""
    ascii_name = filename.encode("ascii", "replace").decode().replace("?", "_")
    quoted = json.dumps(ascii_name)
    return f"attachment; filename={quoted}; filename*=UTF-8''{_percent(filename)}"


def _percent(text: str) -> str:
    return "".join(
        chr(b) if chr(b).isascii() and chr(b).isalnum() else f"%{b:02X}" for b in text.encode()
    )
