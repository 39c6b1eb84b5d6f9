"""The integrators' guide: every command in it works, on a service and an issuer of their own."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.provider import AUDIENCE, provider

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs/guides"
PATIENCE_SECONDS = 60


def commands(name: str) -> list[str]:
    text = (GUIDES / name).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_both_languages_have_the_same_commands() -> None:
    assert commands("integrators.md") == commands("integrators.zh-CN.md")


@pytest.mark.timeout(180)
def test_every_command_works(tmp_path: Path) -> None:
    folder = tmp_path / "issuer"
    folder.mkdir()
    with provider(folder) as issuer, _served(tmp_path, issuer.issuer) as (address, key):
        environment = {
            **os.environ,
            "DAJIATAN_URL": address,
            "ADMIN_KEY": key,
            "ISSUER": issuer.issuer,
            "PERSON_TOKEN": issuer.token("zhang"),
        }
        script = "set -euo pipefail\n" + "\n".join(commands("integrators.md"))
        done = subprocess.run(
            ["/bin/bash", "-c", script],
            env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _served(folder: Path, issuer: str) -> Iterator[tuple[str, str]]:
    """A service as `dajiatan init` and `dajiatan serve` make one: its address, its first key."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment: dict[str, Any] = {
        **os.environ,
        "DAJIATAN_DATABASE_URL": f"sqlite:///{folder}/guide.db",
        "DAJIATAN_STATE_DIR": str(folder),
        "DAJIATAN_BASE_URL": address,
        "DAJIATAN_OIDC_ISSUERS": f'[{{"issuer": "{issuer}", "audience": "{AUDIENCE}"}}]',
    }
    command = [sys.executable, "-m", "app.cli"]
    found = ["init", "--root-code", "440600", "--root-name", "组织部", "--key-file",
             str(folder / "key")]  # fmt: skip
    subprocess.run([*command, *found], env=environment, cwd=ROOT, check=True, timeout=60)
    serve = [*command, "serve", "--port", str(port)]
    with subprocess.Popen(
        serve, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _await_ready(address)
            yield address, (folder / "key").read_text(encoding="ascii").strip()
        finally:
            process.terminate()


def _await_ready(address: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if httpx2.get(f"{address}/healthz/ready").is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.2)
    raise TimeoutError(address)
