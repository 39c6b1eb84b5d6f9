"""The service as processes of its own, for what only real connections and processes can show."""

import asyncio
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from app.db import Database
from app.features.accounts.service.founding import initialise
from app.settings import Settings
from tests.support import forked
from tests.support.client import ROOT_CODE, ROOT_NAME, SECRET
from tests.support.processes import be_command


@dataclass(frozen=True, slots=True)
class Service:
    """Where the processes of one service answer, and the administrator's key."""

    addresses: list[str]
    key: str
    processes: list[BaseProcess]
    log: Path

    @property
    def headers(self) -> dict[str, str]:
        """What the administrator sends."""
        return {"Authorization": f"Bearer {self.key}"}


@contextmanager
def serving(
    database_url: str, folder: Path, *, processes: int = 1, key: str = "", **settings: object
) -> Iterator[Service]:
    """A service on a migrated database, which is founded first unless a key of it is given.

    Each process answers at a port of its own.
    """
    environment = {
        "DAJIATAN_DATABASE_URL": database_url,
        "DAJIATAN_SECRET_KEY": SECRET,
        "DAJIATAN_STATE_DIR": str(folder),
        # What tries keys by the thousand is a test here, not an attack.
        "DAJIATAN_BAD_CREDENTIALS_PER_MINUTE": "1000000",
        "DAJIATAN_CLIENT_REQUESTS_PER_MINUTE": "1000000",
        "DAJIATAN_ADDRESS_REQUESTS_PER_MINUTE": "1000000",
        "PYTHONUNBUFFERED": "1",
        **{f"DAJIATAN_{name.upper()}": str(value) for name, value in settings.items()},
    }
    if not key:
        with ThreadPoolExecutor(1) as apart:
            key = apart.submit(
                lambda: asyncio.run(_founded({"database_url": database_url, **settings}))
            ).result()
    log = folder / "service.log"
    with ExitStack() as stack:
        started = [_process(environment, log) for _ in range(processes)]
        for process in started:
            stack.callback(process.join)
        for process in started:
            stack.callback(process.terminate)
        addresses = _addresses(log, processes)
        yield Service(addresses, key, started, log)


async def _founded(given: dict[str, object]) -> str:
    settings = Settings.model_validate({"secret_key": SECRET, **given})
    database = Database(settings)
    async with database.writing() as session:
        key = await initialise(
            session, root_code=ROOT_CODE, root_name=ROOT_NAME, secret=settings.secret
        )
    await database.close()
    assert key is not None
    return key


def _process(environment: dict[str, str], log: Path) -> BaseProcess:
    arguments = ["serve", "--port", "0"]
    process = forked.context().Process(target=be_command, args=(arguments, environment, str(log)))
    process.start()
    return process


def _addresses(log: Path, wanted: int) -> list[str]:
    """Where they answer, once all of them do."""
    said = ""
    for _ in range(6000):
        said = log.read_text() if log.exists() else ""
        found = re.findall(r"running on (http://[0-9.:]+)", said)
        if len(found) == wanted:
            return found
        time.sleep(0.05)
    message = f"the service did not start: {said[-2000:]}"
    raise TimeoutError(message)
