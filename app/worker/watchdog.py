"""What watches over a worker: a thread, for a loop that hangs cannot watch itself.

Everything that works says by when it will be heard of again. Where that passes, the process ends,
and its supervisor starts it anew; what it had in hand, any worker takes up.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import structlog

_TURN_SECONDS: Final = 1.0
_SUSPENDED_SECONDS: Final = 5.0
"""A turn this late means that the whole process stood still, not that something in it hangs."""
_YOUNG_SECONDS: Final = 30.0
_FORGOTTEN_SECONDS: Final = 24 * 3600.0
_HANGS: Final = 70

_log = structlog.get_logger(__name__)


class Beats:
    """Who will be heard of again by when."""

    def __init__(self) -> None:
        """Nobody has said anything."""
        self._until: dict[str, float] = {}

    def beat(self, name: str, within: float) -> None:
        """Be heard, and promise to be heard again within so many seconds."""
        self._until[name] = time.monotonic() + within

    @contextmanager
    def expecting(self, name: str, within: float) -> Iterator[None]:
        """Promise that the block ends within so many seconds."""
        self.beat(name, within)
        try:
            yield
        finally:
            self._until.pop(name, None)

    def overdue(self) -> list[str]:
        """Return who has not kept a promise."""
        now = time.monotonic()
        return sorted(name for name, until in list(self._until.items()) if until < now)

    def forgive(self, seconds: float) -> None:
        """Put every promise off: nobody could have kept it."""
        for name in list(self._until):
            self._until[name] += seconds


class Watchdog(threading.Thread):
    """Ends the process when somebody is overdue; until then says in a file that all is well."""

    def __init__(self, beats: Beats, state_dir: Path) -> None:
        """Nothing is watched before `start`."""
        super().__init__(name="watchdog", daemon=True)
        self._beats = beats
        self._file = _folder(state_dir) / f"{socket.gethostname()}.{os.getpid()}"
        self._over = threading.Event()

    def run(self) -> None:
        """Look once a second."""
        self._tidy()
        before = time.monotonic()
        while not self._over.wait(_TURN_SECONDS):
            now = time.monotonic()
            if now - before > _SUSPENDED_SECONDS:
                self._beats.forgive(now - before)
            before = now
            if overdue := self._beats.overdue():
                _log.critical("worker_hangs", overdue=overdue)
                logging.shutdown()
                os._exit(_HANGS)
            with suppress(OSError):
                self._file.touch()

    def stop(self) -> None:
        """Watch no more: the work is over."""
        self._over.set()
        self.join()
        with suppress(OSError):
            self._file.unlink()

    def _tidy(self) -> None:
        """Make the folder, and remove what workers left there that were killed."""
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            for path in self._file.parent.iterdir():
                if time.time() - path.stat().st_mtime > _FORGOTTEN_SECONDS:
                    path.unlink()


def is_well(state_dir: Path) -> bool:
    """Return whether workers run on this machine, or in this container, and all of them beat."""
    here = f"{socket.gethostname()}."
    found = [path for path in _folder(state_dir).glob(f"{here}*") if _runs(path)]
    return bool(found) and all(
        time.time() - path.stat().st_mtime < _YOUNG_SECONDS for path in found
    )


def _folder(state_dir: Path) -> Path:
    return state_dir / "workers"


def _runs(path: Path) -> bool:
    try:
        os.kill(int(path.suffix[1:]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
