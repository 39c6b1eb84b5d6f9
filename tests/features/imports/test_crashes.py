"""A plan that is carried out in parts is carried out once, whatever dies in the middle of it."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from app.features.activities.service import creating
from app.features.imports.queries import imports as queries
from app.features.imports.service import applying, planning, receiving
from app.features.obligations.service.verifying import find_disagreements
from app.kit import clock
from tests.support import tables
from tests.support.places import Place
from tests.support.work import Work


class DiedError(Exception):
    """What happens on purpose."""


def rows(place: Place, number: int) -> list[list[Any]]:
    name = place.branch["name"]
    heading = ["支部", "活动类型", "主题", "日期", "参加领导"]
    body = [[name, "讨论会", f"第{n}次", "2013-01-15", place.leader["name"]] for n in range(number)]
    return [heading, *body]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "PART", 3)
    monkeypatch.setattr(applying, "PART", 3)


@pytest.mark.parametrize("on_error", ["reject_all", "skip_bad_rows"])
async def test_steps_that_die_are_done_again_and_nothing_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch, on_error: str
) -> None:
    api, deaths = place.unit_reporter, iter([False, True, False, True])
    original = creating.create

    async def dying(*given: Any) -> Any:
        done = await original(*given)
        if next(deaths, False):
            raise DiedError
        return done

    content = tables.workbook({"台账": rows(place, 10)})
    made = await tables.planned(api, content, on_error=on_error)
    assert made["plan"]["created"] == 10
    monkeypatch.setattr(creating, "create", dying)
    monkeypatch.setattr("app.jobs.FIRST_RETRY_SECONDS", 0.0)
    path = f"/v1/imports/{made['id']}"
    await api.change("POST", f"{path}/apply", of=path, expect=202)
    await api.work()
    await api.work()
    done = await api.get(path)
    assert (done["status"], done["plan"]["created"]) == ("applied", 10)
    found = await place.admin.all("/v1/activities")
    assert len({each["title"] for each in found}) == len(found) == 10
    assert len(await place.admin.all("/v1/leader-records")) == 10
    async with api.database.reading() as session:
        told = await find_disagreements(session)
        assert (told.mistallied, told.misplaced, told.miscounted) == ([], [], [])
        campaign, of = UUID(place.campaign["id"]), UUID(place.branch["id"])
        work = await Work.of(session, campaign)
        assert Counter(what for owner, _, what, _ in work.done if owner == of)["activities"] == 10


async def test_a_plan_whose_worker_dies_for_good_is_told_as_failed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = place.unit_reporter
    made = await tables.planned(api, tables.workbook({"台账": rows(place, 2)}))

    async def dying(*_given: Any) -> Any:
        raise DiedError

    monkeypatch.setattr(creating, "create", dying)
    monkeypatch.setattr("app.jobs.FIRST_RETRY_SECONDS", 0.0)
    path = f"/v1/imports/{made['id']}"
    await api.change("POST", f"{path}/apply", of=path, expect=202)
    for _ in range(12):
        await api.work()
    failed = await tables.read(api, path)
    assert (failed["status"], failed["problem"]["code"]) == ("failed", "import_failed")
    assert await place.admin.all("/v1/activities") == []


async def test_what_is_cancelled_amid_its_plan_is_planned_no_further(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = place.unit_reporter
    seen: list[Any] = []
    original = planning.plan_part

    async def counted(*given: Any) -> Any:
        seen.append(given[-1])
        return await original(*given)

    monkeypatch.setattr(planning, "plan_part", counted)
    made = await tables.send(api, tables.workbook({"台账": rows(place, 10)}))
    path = f"/v1/imports/{made['id']}"
    gone = await api.change("POST", f"{path}/cancel", of=path)
    await api.work()
    assert seen == []
    assert (await api.get(path))["status"] == gone["status"] == "cancelled"


async def test_ended_imports_are_forgotten_with_their_files(place: Place) -> None:
    api = place.unit_reporter
    made = await tables.planned(api, tables.workbook({"台账": rows(place, 4)}))
    async with api.database.writing() as session:
        await queries.remove_ended(session, clock.now())
    await api.get(f"/v1/imports/{made['id']}", expect=404)


@pytest.mark.parametrize("applying", [False, True])
async def test_who_is_erased_is_in_no_file_on_its_way_in(place: Place, *, applying: bool) -> None:
    api = place.unit_reporter
    made = await tables.planned(api, tables.workbook({"台账": rows(place, 2)}))
    path = f"/v1/imports/{made['id']}"
    if applying:
        await api.change("POST", f"{path}/apply", of=path, expect=202)
    body = {"mode": "apply", "leader_id": place.leader["id"], "unit_id": place.root["id"]}
    await place.admin.post("/v1/erasures", body, expect=200)
    await api.get(path, expect=404)
    await api.work()
    assert await place.admin.all("/v1/activities") == []
