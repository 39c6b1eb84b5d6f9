"""A pgbouncer of the test's own, in transaction mode, in front of a PostgreSQL database."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

SERVER_CONNECTIONS = 3
"""Fewer than the callers': they have to change hands."""


@contextmanager
def pgbouncer(database_url: str, folder: Path) -> Iterator[str]:
    """The address of the database through a pgbouncer; skips the test where none is installed."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed here (Debian: apt-get install pgbouncer)")
    url = make_url(database_url)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings, users, log = (folder / name for name in ("pgbouncer.ini", "users.txt", "log.txt"))
    users.write_text(f'"{url.username}" "{url.password or ""}"\n', encoding="utf-8")
    host = url.host or url.query["host"]
    settings.write_text(
        f"""[databases]
{url.database} = host={host} port={url.port or 5432} user={url.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {SERVER_CONNECTIONS}
max_client_conn = 100
""",
        encoding="utf-8",
    )
    command = [program, str(settings)]
    if os.geteuid() == 0:  # it refuses to be root
        command[1:1] = ["-u", "nobody"]
        folder.chmod(0o755)
    with log.open("w") as output, subprocess.Popen(command, stderr=output) as process:
        try:
            _wait(port, process, log)
            yield str(url.set(host="127.0.0.1", port=port, query={}))
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(400):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    message = f"pgbouncer does not answer: {log.read_text(encoding='utf-8')}"
    raise TimeoutError(message)
