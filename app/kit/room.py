"""Room to write, in every folder that the service writes to: without it nothing can be taken in."""

import asyncio
import errno
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

RETRY_AFTER_SECONDS: Final = 30
"""Somebody has to make room: not a matter of a moment."""
_LACKING: Final = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE,
})  # fmt: skip
_SQLITE: Final = (
    "database or disk is full",
    "disk I/O error",
    "attempt to write a readonly database",
)
_WANTED: Final = bytes(1024 * 1024)
_FRESH_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


def lacks_room(error: BaseException | None) -> bool:
    """Say whether something could not be written, or opened, for want of room."""
    if isinstance(error, OSError):
        return error.errno in _LACKING
    return any(sign in str(error) for sign in _SQLITE)


class Room:
    """Looks whether a megabyte can be written to each folder, at most once a second."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Nothing is looked at before somebody asks."""
        self._folders = folders
        self._looking: asyncio.Task[bool] | None = None
        self._looked_at = 0.0
        self._found = True

    async def is_there(self, within: float) -> bool:
        """Say whether there is; a disk that does not answer within so many seconds has none."""
        now = time.monotonic()
        looking = self._looking
        if looking is None or (looking.done() and now - self._looked_at > _FRESH_SECONDS):
            looking = self._looking = asyncio.create_task(asyncio.to_thread(self._look))
            self._looked_at = now
        await asyncio.wait([looking], timeout=within)
        return looking.done() and looking.result()

    def _look(self) -> bool:
        lacking = [str(folder) for folder in self._folders if not _has_room(folder)]
        found = not lacking
        if found != self._found:
            _log.warning("room_found" if found else "room_lacking", folders=lacking)
        self._found = found
        return found


def _has_room(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # It has no name, so nobody meets it and nothing of it is left.
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(_WANTED)
            file.flush()
    except OSError:
        return False
    return True
