"""A PostgreSQL of the test's own with a streaming replica behind it."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.server import as_somebody, binaries, free_port

_TRIES = 400


class Pair:
    """A primary and its replica, each an address of the database `postgres`."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        """Nothing runs yet."""
        self._binaries = binaries
        self._folder = folder
        self._ports = [free_port() for _ in range(2)]
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self.primary, self.replica = (
            f"postgresql://root@127.0.0.1:{port}/postgres" for port in self._ports
        )

    def make(self) -> None:
        """Both, the replica a copy of the primary that follows it."""
        self._run("initdb", "-D", self._data(0), "-U", "root", "-A", "trust", "--no-sync")
        self.start(0)
        source = ["-h", "127.0.0.1", "-p", str(self._ports[0]), "-U", "root"]
        self._run("pg_basebackup", *source, "-D", self._data(1), "-R", "-X", "stream", "-c", "fast")
        self.start(1)

    def start(self, which: int) -> None:
        """Start the primary (0) or the replica (1), and wait until it takes connections."""
        options = [
            "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off",
            f"port={self._ports[which]}", "wal_receiver_status_interval=1s",
             "autovacuum=off",
        ]  # fmt: skip
        arguments = [part for option in options for part in ("-c", option)]
        command = self._command("postgres", "-D", self._data(which), *arguments)
        with (self._folder / f"log{which}").open("ab") as log:
            self._running[which] = subprocess.Popen(command, stderr=log, stdout=log)
        for _ in range(_TRIES):
            ready = self._command("pg_isready", "-q", "-h", "127.0.0.1", "-p",
                                  str(self._ports[which]))  # fmt: skip
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise TimeoutError((self._folder / f"log{which}").read_text(encoding="utf-8"))

    def kill(self, which: int) -> None:
        """End it at once, with every connection to it."""
        self._run("pg_ctl", "-D", self._data(which), "-m", "immediate", "stop")
        self._running.pop(which).wait()

    def stop(self) -> None:
        """End both."""
        for which in sorted(self._running, reverse=True):
            self.kill(which)

    async def pause(self) -> None:
        """Let the replica stand still; what it receives waits."""
        await self._at_replica("SELECT pg_wal_replay_pause()")
        while await self._at_replica("SELECT pg_get_wal_replay_pause_state()") != "paused":
            pass

    async def catch_up(self) -> None:
        """Let the replica go on, until it has all that the primary has written."""
        await self._at_replica("SELECT pg_wal_replay_resume()")
        written = await self.at_primary("SELECT pg_current_wal_insert_lsn()::text")
        behind = f"SELECT pg_last_wal_replay_lsn() < '{written}'::pg_lsn"
        while await self._at_replica(behind):
            pass

    async def at_primary(self, statement: str) -> Any:
        """What a statement says at the primary, outside of any transaction."""
        return await _value(self.primary, statement)

    async def hurry(self, delay: str) -> None:
        """How long the replica waits for its readers with what takes away what they still see."""
        await self._at_replica(f"ALTER SYSTEM SET max_standby_streaming_delay = '{delay}'")
        await self._at_replica("SELECT pg_reload_conf()")
        while await self._at_replica("SHOW max_standby_streaming_delay") != delay:
            pass

    async def _at_replica(self, statement: str) -> Any:
        return await _value(self.replica, statement)

    def _data(self, which: int) -> str:
        return str(self._folder / f"data{which}")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            self._command(program, *arguments), check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _command(self, program: str, *arguments: str) -> list[str]:
        return as_somebody(str(self._binaries / program), *arguments)


@contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    """A primary and its replica; skips the test where PostgreSQL's programs are not installed."""
    found = binaries("initdb", "pg_basebackup", "postgres")
    if found is None:
        pytest.skip("initdb and pg_basebackup are not here (Debian: apt-get install postgresql)")
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    made = Pair(found, folder)
    try:
        made.make()
        yield made
    finally:
        made.stop()


async def _value(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url, timeout=60)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
