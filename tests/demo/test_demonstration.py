"""`dajiatan demo` on a running service: shown, repeated, and caught out when a number is wrong."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import update

from app.db import Database
from app.models import Obligation
from app.settings import DatabaseSettings
from tests.support.processes import Processes


@pytest.fixture
def processes(own_database_url: str, tmp_path: Path) -> Iterator[Processes]:
    """A service that has its root unit and nothing else."""
    found = Processes(own_database_url, tmp_path, job_poll_seconds=0.1)
    try:
        yield found
    finally:
        found.stop()


async def test_the_demonstration_agrees_may_be_repeated_and_notices_a_wrong_number(
    processes: Processes, own_database_url: str
) -> None:
    processes.environment["DAJIATAN_KEY"] = processes.found()
    processes.start("server")
    processes.start("worker")
    processes.wait("server")
    demo = ("--lang", "en", "demo", "--url", processes.address)

    first = processes.dajiatan(*demo)
    again = processes.dajiatan(*demo)
    sound = processes.told("db", "verify")
    await tamper(own_database_url)
    wrong = processes.dajiatan(*demo, status=1)
    found = processes.dajiatan("--lang", "en", "db", "verify", status=1)

    assert "The recount agrees" in first
    assert "there already" not in first
    assert "51 of them were there already" in again
    assert "The recount agrees" in again
    addresses = re.findall(r'^ +curl .* "(http[^"]+)"$', again, re.MULTILINE)
    key = {"Authorization": f"Bearer {processes.environment['DAJIATAN_KEY']}"}
    async with httpx2.AsyncClient(headers=key) as http:
        for address in addresses:
            assert (await http.get(address)).status_code == 200, address
    assert len(addresses) == 3
    assert "numbers differ from the recount" in wrong
    assert sound[0] == 0, sound
    assert "its count or status is not what its credits say" in found
    assert "counters exceed the ledger by {'open': -1" in found


async def test_a_provinces_has_foshans_notice_in_a_layer_of_its_own(
    processes: Processes, tmp_path: Path
) -> None:
    processes.environment["DAJIATAN_KEY"] = processes.found()
    processes.start("server")
    processes.start("worker")
    processes.wait("server")
    cities = ["1,甲省,1,,province", "2,乙市,2,1,prefecture", "3,丙市,2,1,prefecture"]
    below = ["4,丁区,3,2,county", "5,戊镇,4,4,town", "6,己村,5,5,villagers_committee",
             "7,庚区,3,3,county", "8,辛镇,4,7,town", "9,壬村,5,8,villagers_committee"]  # fmt: skip
    file = tmp_path / "province.csv"
    file.write_text("\n".join(["code,name,level,parent_code,kind", *cities, *below, ""]))
    demo = ("--lang", "en", "demo", "--url", processes.address, "--divisions", str(file))

    assert "The recount agrees" in processes.dajiatan(*demo)

    key = {"Authorization": f"Bearer {processes.environment['DAJIATAN_KEY']}"}
    async with httpx2.AsyncClient(base_url=processes.address, headers=key) as http:
        (campaign,) = (await http.get("/v1/campaigns")).json()["data"]
    (added,) = campaign["supplements"]
    assert added["template"] == "foshan-2013"
    ofs = {r["issued_by_unit_id"] for r in campaign["requirements"] if r["supplement_id"]}
    assert ofs == {added["unit_id"]} != {campaign["root_unit_id"]}


async def tamper(database_url: str) -> None:
    """Have the ledger say that nothing is done, behind the service's back."""
    database = Database(DatabaseSettings(database_url=database_url))
    met = update(Obligation).where(Obligation.status == "met")
    async with database.writing() as session:
        await session.execute(met.values(status="open"))
    await database.close()


def test_without_a_key_or_a_service_it_says_so(tmp_path: Path) -> None:
    nowhere = Processes("sqlite://", tmp_path)
    no_key = nowhere.dajiatan("--lang", "en", "demo", status=2)
    nowhere.environment["DAJIATAN_KEY"] = "djt_none"
    no_service = nowhere.dajiatan("--lang", "en", "demo", "--url", nowhere.address, status=1)

    assert "Set DAJIATAN_KEY" in no_key
    assert "cannot be reached" in no_service
