"""Files on their way out and in: told how far they are, and never seen half."""

import hashlib
import io
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO


class CountedFile(io.FileIO):
    """A file that is read, and says how far."""

    def __init__(self, path: Path, on_read: Callable[[int, int], None] | None) -> None:
        """`on_read` is told how many bytes were read, of how many."""
        super().__init__(path)
        self._on_read = on_read
        self._size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        found = super().read(-1 if size is None else size) or b""
        if self._on_read is not None:
            self._on_read(self.tell(), self._size)
        return found


@dataclass(slots=True)
class Received:
    """A file that was received."""

    path: Path
    size: int = 0
    sha256: str = ""


class _Part:
    """What has come of a file so far."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.received = Received(path)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self.received.size += len(chunk)
        self.received.sha256 = self._digest.hexdigest()


@contextmanager
def receiving(path: Path) -> Iterator[_Part]:
    """Take a file under another name beside its own, which it gets at the end; else it goes."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("xb") as file:
            yield _Part(file, path)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def sent_name(path: Path) -> str:
    """Return the name of a file as it is sent: UTF-8, whatever the file system has."""
    return os.fsencode(path.name).decode("utf-8", "replace")
