"""The archive of a workbook: opened only if what it unpacks to is bounded."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from app.kit.sandbox import RefusedError
from app.kit.tables import limits

_CHUNK: Final = 256 * 1024
_FORMS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1
_FAULTS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@contextmanager
def opened(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open a workbook's archive; raises `RefusedError` where it is none, or of no fit size."""
    try:
        with zipfile.ZipFile(file) as archive:
            _judge(archive)
            yield archive
    except _FAULTS as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError(limits.BROKEN) from error


def read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a small part of the archive whole."""
    info = archive.getinfo(name)
    limits.refuse(limits.TOO_LARGE, of=info.file_size > limits.MAX_PART)
    return archive.read(info)


def chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield a part of the archive piece by piece, no more of it than its directory says."""
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            yield chunk


def _judge(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    limits.refuse(limits.TOO_LARGE, of=len(entries) > limits.MAX_ENTRIES)
    limits.refuse(limits.BROKEN, of=len(set(names)) < len(names))
    macros = any(name.lower().endswith(("vbaproject.bin", ".vbs")) for name in names)
    limits.refuse(limits.MACROS, of=macros)
    limits.refuse(limits.OTHER_TYPE, of="[Content_Types].xml" not in names)
    size = sum(entry.file_size for entry in entries)
    limits.refuse(limits.TOO_LARGE, of=size > limits.MAX_UNPACKED)
    unfit = any(e.compress_type not in _FORMS or e.flag_bits & _ENCRYPTED for e in entries)
    limits.refuse(limits.BROKEN, of=unfit)
