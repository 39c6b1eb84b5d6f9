"""Looks into files that callers send in processes of their own, with little memory and time.

What a file unpacks to shows only when it is unpacked. So a function that does it runs in a child
process: its memory and processor time are limited by the system, it is killed at a deadline, and
it knows no setting of the service. See `docs/decisions/0066-files-are-opened-in-a-sandbox.md`.
"""

import asyncio
import errno
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import IO, Any, Final

from app.kit.problems import Unavailable

_MEMORY_BYTES: Final = 768 * 1024 * 1024
"""Address space: what the largest picture takes that is let in, and half as much again."""
_PROCESSOR_SECONDS: Final = 20
_LARGEST_RESULT_BYTES: Final = 128 * 1024 * 1024
_DEADLINE_SECONDS: Final = 40.0
_LONGEST_WAIT_SECONDS: Final = 15.0
"""How long a file waits for those before it."""
_RETRY_AFTER_SECONDS: Final = 10
_REFUSED, _FULL = 3, 4
_KEPT: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR")


class RefusedError(ValueError):
    """The file is not taken; `reason` is the function's own, empty where it ran into a limit."""

    def __init__(self, reason: str = "") -> None:
        """`reason`: one word, for the caller of the sandbox to understand."""
        super().__init__(reason)
        self.reason = reason


class Sandbox:
    """Runs one function at a time, each in a process of its own."""

    def __init__(self) -> None:
        """No process is started before the first file."""
        self._turn = asyncio.Lock()

    async def run(
        self,
        module: str,
        function: str,
        file: IO[bytes],
        *arguments: str,
        memory: int = _MEMORY_BYTES,
    ) -> IO[bytes]:
        """Return what `function(file, result, *arguments)` of a module wrote, as a temporary file.

        Raises `RefusedError` where it did, or was ended; `Unavailable` where too many are waiting.
        `file` is left at its beginning. `memory`: bytes of address space.
        """
        result: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's to close
        try:
            async with self._taken():
                call = [str(memory), module, function, *arguments]
                status = await _carried_out(call, file, result)
            result.seek(0)
            _judge(status, result)
        except BaseException:
            result.close()
            raise
        return result

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise Unavailable(_RETRY_AFTER_SECONDS) from None
        try:
            yield
        finally:
            self._turn.release()


def _judge(status: int, result: IO[bytes]) -> None:
    if status == _FULL:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if status != 0:
        raise RefusedError(result.read().decode("ascii") if status == _REFUSED else "")


async def _carried_out(call: list[str], file: IO[bytes], result: IO[bytes]) -> int:
    """Return the exit status of a child that did the call; it does not outlive this."""
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app.kit.sandbox", *call),
            stdin=file.fileno(),
            stdout=result.fileno(),
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
        )
    except OSError as error:
        raise Unavailable(_RETRY_AFTER_SECONDS) from error
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            return await child.wait()
    except TimeoutError:
        return -1
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        file.seek(0)


def _limit(memory: int) -> None:
    """Take from this process what it does not need; Windows has no such limits."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - as above

    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, _PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, _LARGEST_RESULT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main(memory: str, module: str, function: str, *arguments: str) -> int:
    """Do one call in this process, from the standard input to the standard output."""
    _limit(int(memory))
    call: Any = getattr(import_module(module), function)
    with open(0, "rb", closefd=False) as file, open(1, "r+b", closefd=False) as result:
        try:
            call(file, result, *arguments)
            result.flush()
        except RefusedError as error:
            result.seek(0)
            result.truncate()
            result.write(error.reason.encode("ascii"))
            return _REFUSED
        except OSError as error:
            return _FULL if error.errno in {errno.ENOSPC, errno.EDQUOT} else 1
    return 0


if __name__ == "__main__":
    # The module that the function knows is the imported one, not this `__main__`.
    sys.exit(import_module("app.kit.sandbox").main(*sys.argv[1:]))
