"""The guide of webhooks: every command in it works, on a service and a receiver of their own."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from tests.contract.test_guide import commands
from tests.support.hooks import ALLOW
from tests.support.processes import Processes
from tests.support.receiver import receiving

pytestmark = pytest.mark.one_database


def test_both_languages_have_the_same_commands() -> None:
    assert commands("webhooks.md") == commands("webhooks.zh-CN.md")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_every_command_works(own_database_url: str, tmp_path: Path) -> None:
    allow = str(ALLOW).replace("'", '"')
    processes = Processes(own_database_url, tmp_path, webhook_allow=allow)
    async with receiving() as receiver:
        try:
            key = await asyncio.to_thread(processes.found)
            await asyncio.to_thread(_started, processes)
            environment = {
                **os.environ,
                "DAJIATAN_URL": processes.address,
                "CLIENT_KEY": key,
                "RECEIVER_URL": receiver.url,
            }
            script = "set -euo pipefail\n" + "\n".join(commands("webhooks.md"))
            done = await asyncio.to_thread(
                subprocess.run,
                ["/bin/bash", "-c", script],
                env=environment,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            await asyncio.to_thread(processes.stop)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [request.json["type"] for request in receiver.requests] == ["webhook_endpoint.test"]


def _started(processes: Processes) -> None:
    processes.start("server")
    processes.wait("server")
