"""schemathesis against a real process: every check, valid and invalid data, chained calls.

In CI it takes the boundary values of a twelfth of the operations on each database, of others on the
next five days, and a few random and stateful cases of all on one of them, the other tomorrow;
`make fuzz CASES=…` takes everything, with as many random cases.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from app.contract.document import operations
from app.db import Database
from app.kit import clock
from app.settings import DatabaseSettings
from tests.support import factories
from tests.support.client import Api, started
from tests.support.openapi import current
from tests.support.service import Service, serving

CASES = int(os.environ.get("CASES", "0"))
CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
AT_LEAST = 300
FAILED = re.compile(r"\[5\d\d\]")


@pytest.mark.timeout(0 if CASES else 600)
async def test_nothing_that_can_be_sent_breaks_the_contract(
    backend: str, own_database_url: str, tmp_path: Path
) -> None:
    key = await _seeded(own_database_url)
    generated, report = 0, ""
    with serving(own_database_url, tmp_path, key=key, run_worker=False) as service:
        # It is written when it is first asked for, and schemathesis waits for ten seconds only.
        httpx2.get(f"{service.addresses[0]}/openapi.json", timeout=300).raise_for_status()
        for arguments in _runs(backend):
            done = _run(service, tmp_path, arguments)
            report += done.stdout
            assert done.returncode == 0, done.stdout[-6000:]
            generated += _generated(done.stdout)
        assert service.processes[0].is_alive()
    assert not FAILED.search(report)
    assert generated >= (CASES or AT_LEAST)


def _runs(backend: str) -> Iterator[list[str]]:
    every = [(path, method) for path, method, _ in operations(current())]
    if CASES:
        examples = max(CASES // len(every), 10)
        yield ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(examples)]
        return
    day, second = clock.today().toordinal(), backend == "postgresql"
    paths = sorted({path for path, _ in every})[2 * (day % 6) + second :: 12]
    chosen = [argument for path in paths for argument in ("--include-path", path)]
    yield ["--phases", "examples,coverage", *chosen]
    # Those of all are drawn at random anyway: one database a day has them.
    if day % 2 == second:
        yield ["--phases", "fuzzing,stateful", "--max-examples", "3"]


def _run(service: Service, folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)),
        *("run", f"{service.addresses[0]}/openapi.json", "--url", service.addresses[0]),
        *("--header", f"Authorization: Bearer {service.key}"),
        *("--mode", "all", "--checks", "all", "--no-color", "--continue-on-failure"),
        *(
            "--warnings",
            "off",
            "--request-timeout",
            "300",
            "--max-response-time",
            "300",
            *arguments,
        ),
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _generated(report: str) -> int:
    found = re.search(r"(\d+) generated", report)
    assert found is not None, report[-2000:]
    return int(found.group(1))


async def _seeded(database_url: str) -> str:
    """A tree with an open campaign and a record of each kind: ids that exist."""
    database = Database(DatabaseSettings(database_url=database_url))
    api = await started(database, database_url)
    await _fill(api)
    await database.close()
    assert api.key is not None
    return api.key


async def _fill(api: Api) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    branch = await factories.branch(api, unit)
    leader = await factories.leader(api, unit, branch)
    campaign = await factories.campaign(api, root)
    await api.post("/v1/activities", factories.activity(branch, campaign))
    await api.post("/v1/leader-records", factories.record(leader, campaign))
