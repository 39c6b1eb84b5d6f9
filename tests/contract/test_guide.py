"""The integrators' guide: every command in it works, on a service and an issuer of their own."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.places import Place
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


async def test_what_the_guides_send_is_enough(place: Place) -> None:
    """The short form of both, by a key that may report for the branch only."""
    for name in ("integrators.md", "integrators.zh-CN.md"):
        text = (ROOT / "docs/guides" / name).read_text(encoding="utf-8")
        body, *_ = re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        made = await place.reporter.post("/v1/activities", json.loads(body))
        assert made["org_id"] == place.branch["id"]
        assert {"campaign_id", "org_id", "kind", "title"} <= set(made["defaulted"])
