"""`kill -9` of server, worker and parser while tables come in and are written.

What was acknowledged is there afterwards, whole and once: every import that was taken is applied,
those of a killed worker by another one. `KILLS=100` makes it the long one.
"""

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from random import SystemRandom
from typing import Any, Self

import httpx2
import pytest

from app.demo import Service
from tests.faults.ground import laid
from tests.support import tables
from tests.support.calling import calling
from tests.support.processes import Processes, wait_for

KILLS = int(os.environ.get("KILLS", "5"))
IMPORTS = 3
ROWS = 240
PARSER = "app.kit.sandbox"
"""By which the parser's process is known among those of the service."""


@pytest.mark.timeout(600 + 15 * KILLS)
async def test_imports_amid_kills_lose_nothing_and_double_nothing(
    own_database_url: str, tmp_path: Path
) -> None:
    processes = Processes(
        own_database_url, tmp_path, job_lease_seconds=1, job_poll_seconds=0.1,
        client_requests_per_minute=1_000_000, address_requests_per_minute=1_000_000,
    )  # fmt: skip
    key = processes.found()
    try:
        for name in ("server", "worker"):
            processes.start(name)
        processes.wait("server")
        with calling(processes.address, key) as service:
            ground = laid(service, tmp_path, towns=1, villages=4)
            names = [o.name for o in ground.tree.organizations if o.type == "branch"]
            run(processes, key, names, ground.campaign["id"])
            check(service, ground.campaign["id"])
    finally:
        processes.stop()


def run(processes: Processes, key: str, names: list[str], campaign_id: str) -> None:
    """Send tables and have them written, while something is killed at random."""
    kills = 0
    with Sender(processes, key, campaign_id) as sender:
        for number in range(IMPORTS):
            import_id = sender.send(table(number, names), f"{number}.xlsx")
            kills += sender.finish(import_id, KILLS // IMPORTS + 1)
    assert kills + sender.parsers >= min(KILLS, IMPORTS)
    print(f"\n{kills} kills, {sender.parsers} of them of parsers; {IMPORTS} imports applied")  # noqa: T201 - the figures


def table(number: int, names: list[str]) -> bytes:
    """A ledger whose titles say of which import they are, with findings in a second sheet."""
    rows: list[list[Any]] = [["序号", "支部", "活动类型", "活动主题", "日期"]]
    rows += [
        [n, names[n % len(names)], "讨论会", f"第{number}批第{n}次", "2013-01-15"]
        for n in range(ROWS)
    ]
    found: list[list[Any]] = [["活动序号", "问题", "问题类别"]]
    found += [[n, f"第{number}批第{n}个问题", "查工作作风"] for n in range(0, ROWS, 4)]
    return tables.workbook({"台账": rows, "问题": found})


class Sender:
    """Who sends tables, again and again until they are taken, and kills what works on them."""

    def __init__(self, processes: Processes, key: str, campaign_id: str) -> None:
        """As the administrator."""
        self.processes = processes
        self.parsers = 0
        self._campaign_id = campaign_id
        self._http = httpx2.Client(
            base_url=processes.address, headers={"Authorization": f"Bearer {key}"}, timeout=60
        )

    def __enter__(self) -> Self:
        """Send."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        self._http.close()

    def send(self, content: bytes, name: str) -> str:
        """Send a table under one key until it is acknowledged.

        Amid the first time its parser is killed, amid the second one the server.
        """
        form = {"resource": "activities", "mode": "apply", "campaign_id": self._campaign_id,
                "on_error": SystemRandom().choice(["reject_all", "skip_bad_rows"])}  # fmt: skip

        def post() -> httpx2.Response | None:
            return self._try(
                "POST", "/v1/imports", data=form, files={"file": (name, content)},
                headers={"Idempotency-Key": f"import-{name}"},
            )  # fmt: skip

        for disturb in (self._kill_parser, self._kill_server):
            with ThreadPoolExecutor(1) as pool:
                sent = pool.submit(post)
                disturb(sent)
                sent.result()
        self.processes.wait("server")
        answer = post()
        while answer is None or answer.status_code != HTTPStatus.ACCEPTED:
            assert answer is None or answer.status_code in {409, 429, 503}, answer.text
            time.sleep(0.1)
            answer = post()
        found: str = answer.json()["id"]
        return found

    def _kill_parser(self, sent: "Future[Any]") -> None:
        """Kill the process that reads the table, once there is one."""
        server = self.processes.pid("server")
        while not sent.done():
            for process in _children(server):
                if PARSER in process.read_text(errors="replace"):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(process.parent.name), signal.SIGKILL)
                        self.parsers += 1
                    return

    def _kill_server(self, _sent: "Future[Any]") -> None:
        time.sleep(SystemRandom().uniform(0, 1))
        self.processes.kill("server")
        self.processes.start("server")

    def finish(self, import_id: str, kills: int) -> int:
        """Kill at random moments until so many are dead, then wait until it is written."""
        done = 0
        while done < kills and self._status(import_id) != "applied":
            time.sleep(SystemRandom().uniform(0.05, 0.6))
            victim = ("worker", "server")[done % 2]
            wait_for(lambda: self.processes.ready(victim), f"the {victim} is ready")  # noqa: B023 - called at once
            self.processes.kill(victim)
            self.processes.start(victim)
            done += 1
        for name in ("server", "worker"):
            self.processes.wait(name)
        wait_for(lambda: self._status(import_id) == "applied", "the import is applied", 120)
        return done

    def _status(self, import_id: str) -> str | None:
        answer = self._try("GET", f"/v1/imports/{import_id}")
        if answer is None or not answer.is_success:
            return None
        made = answer.json()
        assert made["status"] in {"parsing", "planned", "applying", "applied"}, made["problem"]
        status: str = made["status"]
        return status

    def _try(self, method: str, path: str, **given: Any) -> httpx2.Response | None:
        with contextlib.suppress(httpx2.HTTPError):
            return self._http.request(method, path, **given)
        return None


def check(service: Service, campaign_id: str) -> None:
    """Every row is there once, and so is every finding, at its own activity."""
    rows = list(service.all("/v1/activities", campaign_id=campaign_id))
    wanted = {f"第{number}批第{n}次" for number in range(IMPORTS) for n in range(ROWS)}
    assert Counter(row["title"] for row in rows) == dict.fromkeys(wanted, 1)
    titles = {row["id"]: row["title"] for row in rows}
    found = [
        (titles[row["activity_id"]][:-1], row["description"][:-3])
        for row in service.all("/v1/findings", campaign_id=campaign_id)
    ]
    assert len(set(found)) == len(found) == IMPORTS * len(range(0, ROWS, 4))
    assert all(title == text for title, text in found)


def _children(pid: int) -> Iterator[Path]:
    """Yield the command lines of what a process has started."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == str(pid):
                yield stat.with_name("cmdline")
