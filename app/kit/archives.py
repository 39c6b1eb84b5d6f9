"""Office files of today are archives; what is in one is read from its directory alone."""

import zipfile
from typing import IO, Final

from app.kit.sandbox import RefusedError

_MAX_ENTRIES: Final = 5000
OFD: Final = "OFD.xml"
"""The part that every document in the format of GB/T 33190 begins with."""


def require_document(file: IO[bytes], _result: IO[bytes], folder: str) -> None:
    """Refuse what is no document without macros whose parts are in `folder`.

    To be run in a sandbox: a directory of a few megabytes is read to its end before its entries
    are counted. Raises `RefusedError`.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RefusedError from error
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    inside = any(name.startswith(folder) for name in names)
    listed = folder == OFD or "[Content_Types].xml" in names
    if macros or not inside or not listed or len(names) > _MAX_ENTRIES:
        raise RefusedError
