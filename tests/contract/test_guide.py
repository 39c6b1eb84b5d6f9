"""The integrators' guide: every command in it works, on a service and an issuer of their own."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import ROOT, Processes
from tests.support.provider import AUDIENCE, provider

GUIDES = {"sqlite": "integrators.md", "postgresql": "integrators.zh-CN.md"}


def commands(name: str) -> list[str]:
    text = (ROOT / "docs/guides" / name).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_both_languages_have_the_same_commands() -> None:
    assert commands("integrators.md") == commands("integrators.zh-CN.md")


def test_every_command_works(backend: str, own_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "issuer"
    folder.mkdir()
    with (
        provider(folder) as issuer,
        _served(own_database_url, tmp_path, issuer.issuer) as (address, key),
    ):
        environment = {
            **os.environ,
            "DAJIATAN_URL": address,
            "ADMIN_KEY": key,
            "ISSUER": issuer.issuer,
            "PERSON_TOKEN": issuer.token("zhang"),
        }
        script = "set -euo pipefail\n" + "\n".join(commands(GUIDES[backend]))
        done = subprocess.run(
            ["/bin/bash", "-c", script],
            env=environment, capture_output=True, text=True, check=False, timeout=500,
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def _served(database_url: str, folder: Path, issuer: str) -> Iterator[tuple[str, str]]:
    """A service as `dajiatan init` and `dajiatan serve` make one: its address, its first key."""
    known = f'[{{"issuer": "{issuer}", "audience": "{AUDIENCE}"}}]'
    processes = Processes(database_url, folder, oidc_issuers=known)
    processes.environment["DAJIATAN_BASE_URL"] = processes.address
    try:
        key = processes.found()
        processes.start("server")
        processes.wait("server")
        yield processes.address, key
    finally:
        processes.stop()
