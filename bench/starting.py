"""From the command to the first answer, and what a process holds once it has worked."""

import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench import _store
from bench._api import PORT, rate
from bench._figures import Figure, report

_TIMES: Final = 5
_MOST_MIB: Final = 150
_IMPORTS: Final = "import fastapi, sqlalchemy"
_BUILDS: Final = "from app.main import build; build()"


async def main(store: _store.Store) -> None:
    """Measure imports alone, the application built, and a process that serves."""
    imports, builds = _seconds(_IMPORTS), _seconds(_BUILDS)
    ready, mebibytes = await _served(store)
    reference = "import fastapi, sqlalchemy"
    figures = [
        Figure("the application built", builds * 1000, "ms", reference, imports * 1000,
               at_most=5),
        Figure("from the command to the first answer", ready * 1000, "ms", reference,
               imports * 1000, at_most=5),
        Figure("memory of a process after lists", mebibytes, "MiB", "most", _MOST_MIB, at_most=1),
    ]  # fmt: skip
    report("starting", _store.SIZE, figures)


def _seconds(code: str) -> float:
    """Return the median of several runs, without the first, which reads from the disk."""
    taken = []
    for _ in range(_TIMES + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=_compiled(os.environ))  # noqa: S603 - our own code
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def _compiled(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which Python keeps modules compiled, as in an installed service."""
    return {k: v for k, v in environment.items() if k != "PYTHONDONTWRITEBYTECODE"}


async def _served(store: _store.Store) -> tuple[float, float]:
    command = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory",
               "--port", str(PORT), "--no-access-log", "--log-level", "error"]  # fmt: skip
    pages = [("GET", "/v1/branches?limit=100", b"")]
    began = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=_compiled(store.environment()), stdout=quiet)  # noqa: ASYNC220, S603 - our own command
    try:
        while True:
            try:
                await rate(lambda: iter(pages), store.key, 1, 60)
            except OSError:
                await asyncio.sleep(0.005)
                continue
            ready = time.perf_counter() - began
            break
        await rate(lambda: itertools.cycle(pages), store.key, 16, 5)
        return ready, _resident(process.pid)
    finally:
        process.terminate()
        process.wait()


def _resident(pid: int) -> float:
    """Return what a process holds in memory, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    asyncio.run(main(_store.campaign_open()))
