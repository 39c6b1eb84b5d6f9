"""Functions that a sandbox runs and has to end."""

import errno
import json
import os
import time
from typing import IO

_ROOM = 4 * 1024**3


def sleep(_file: IO[bytes], _result: IO[bytes]) -> None:
    """Take longer than any deadline."""
    time.sleep(600)


def fill(_file: IO[bytes], _result: IO[bytes]) -> None:
    """Take more memory than there is."""
    bytearray(_ROOM)


def find_no_room(_file: IO[bytes], _result: IO[bytes]) -> None:
    """Write to a disk that is full."""
    raise OSError(errno.ENOSPC, "full")


def reveal(file: IO[bytes], result: IO[bytes], word: str) -> None:
    """Tell what can be seen from here."""
    seen = {"word": word, "file": file.read().decode(), "environment": sorted(os.environ)}
    result.write(json.dumps(seen).encode())
