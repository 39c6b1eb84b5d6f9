"""`dajiatan serve` and `dajiatan worker` as processes: they start, serve, and end when asked."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from app import schema
from tests.support.processes import Processes

ROOT = Path(__file__).parent.parent
SOON_SECONDS = 300.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A service that has nothing yet: no schema, no key, no folder."""
    return {
        "DAJIATAN_DATABASE_URL": f"sqlite:///{tmp_path}/var/dajiatan.db",
        "DAJIATAN_STATE_DIR": f"{tmp_path}/var",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def dajiatan(*arguments: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The command as a process, killed if it has not ended by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "--lang", "en", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    """Where the process serves, once it does."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"running on (http://\S+)", line):
            return found.group(1)
    pytest.fail("it ended without serving")


def status_after(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    process.communicate(timeout=SOON_SECONDS)
    return process.returncode


@pytest.fixture
def processes(environment: dict[str, str], tmp_path: Path) -> Iterator[Processes]:
    """The same service in forked processes, which start in a tenth of the time."""
    found = Processes(environment["DAJIATAN_DATABASE_URL"], tmp_path)
    found.environment = environment
    try:
        yield found
    finally:
        found.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_makes_its_schema_answers_and_ends_when_asked(
    processes: Processes, number: signal.Signals
) -> None:
    processes.start("server")
    processes.wait("server")
    answer = httpx2.get(f"{processes.address}/healthz/ready")
    assert answer.status_code == 200
    assert "server" not in answer.headers
    processes.send("server", number)
    processes.ended("server")
    assert schema.check(processes.environment["DAJIATAN_DATABASE_URL"]) == []


def test_serve_with_several_processes_and_no_worker(environment: dict[str, str]) -> None:
    arguments = ("serve", "--port", "0", "--workers", "2", "--no-worker")
    with dajiatan(*arguments, environment=environment) as process:
        address = address_of(process)
        transport = httpx2.HTTPTransport(retries=20)
        with httpx2.Client(transport=transport, timeout=SOON_SECONDS) as client:
            assert client.get(f"{address}/healthz/ready").status_code == 200
        assert status_after(process, signal.SIGTERM) == 0


def test_serve_on_a_port_that_is_taken_is_status_2(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with dajiatan("serve", "--port", port, environment=environment) as process:
            said, _ = process.communicate(timeout=SOON_SECONDS)
    assert process.returncode == 2
    assert "Address already in use" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_runs_until_it_is_asked_to_stop(
    processes: Processes, number: signal.Signals
) -> None:
    processes.start("worker")
    processes.wait("worker")
    assert "worker_started" in processes.log("worker").splitlines()[0]
    processes.send("worker", number)
    processes.ended("worker")
