"""Functions that a sandbox runs and has to end."""

import errno
import json
import os
import tempfile
import time
from pathlib import Path
from typing import IO

from app.kit.sandbox import RefusedError

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


def read_table(file: IO[bytes], result: IO[bytes], suffix: str) -> None:
    """Read a table, and say of it what it cost: `{"reason", "steps", "megabytes"}`.

    A step is the processor time of a fixed loop on the same machine at the same time, some
    20 ms: what a table costs is compared with what the machine does just then.
    """
    from app.kit.tables import reading  # noqa: PLC0415 - as the sandbox imports it

    before = _high_water()
    step = _time_a_step()
    begun, reason = time.process_time(), "read"
    with tempfile.TemporaryFile() as rows:
        try:
            reading.read(file, rows, suffix)
        except RefusedError as error:
            reason = error.reason
    seconds = time.process_time() - begun
    more = _high_water() - before
    step = max(step, _time_a_step())
    told = {"reason": reason, "steps": seconds / step, "megabytes": more}
    result.write(json.dumps(told).encode())


def _time_a_step() -> float:
    """The processor seconds of a fixed loop, at the slowest of three times."""
    spent = []
    for _ in range(3):
        begun = time.process_time()
        for number in range(200_000):
            str(number)
        spent.append(time.process_time() - begun)
    return max(spent)


def _high_water() -> float:
    """The most memory that this process has had, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
