"""Files of records: attached, taken off, seen with the record, kept from the sweep."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from app.features.attachments import service
from app.kit.storage import Storage
from tests.support import factories as make
from tests.support.client import Api, problems, started
from tests.support.granted import granted
from tests.support.places import Place
from tests.support.statements import QueryCounter

Body = Callable[[Place], dict[str, Any]]
BODIES: dict[str, Body] = {
    "activities": lambda at: make.activity(at.branch, at.campaign),
    "reports": lambda at: at.report_body(),
    "inspections": lambda at: {
        "campaign_id": at.campaign["id"],
        "unit_id": at.unit["id"],
        "org_id": at.branch["id"],
        "held_on": make.DAY,
        "seen": "会议按时召开",
    },
}
KINDS = {"activities": "activity", "reports": "report", "inspections": "inspection"}
Check = Callable[[Place, str], Coroutine[Any, Any, None]]


def for_each(*resources: str) -> Callable[[Check], Callable[[Place], Coroutine[Any, Any, None]]]:
    """Carry a check out for several resources at one place: making the place is what takes long."""

    def over_all(check: Check) -> Callable[[Place], Coroutine[Any, Any, None]]:
        async def test(place: Place) -> None:
            for resource in resources:
                await check(place, resource)

        test.__doc__ = check.__name__
        return test

    return over_all


@pytest.fixture
async def api(database: Database, database_url: str, tmp_path: Path) -> Api:
    return await started(database, database_url, storage_url=str(tmp_path))


async def upload(api: Api, org: Any, name: str = "照片.txt") -> str:
    response = await api.http.post(
        "/v1/attachments", files={"file": (name, name.encode())}, data={"org_id": org["id"]}
    )
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def owner(api: Api, attachment_id: str) -> tuple[str | None, str | None]:
    found = await api.get(f"/v1/attachments/{attachment_id}")
    return found["resource"], found["resource_id"]


@for_each(*BODIES)
async def test_a_record_has_files_keeps_them_and_lets_them_go(place: Place, resource: str) -> None:
    api = place.unit_reporter
    first, second = await upload(api, place.branch), await upload(api, place.branch)
    body = BODIES[resource](place)
    made = await api.post(f"/v1/{resource}", {**body, "attachment_ids": [second, first]})
    assert made["attachment_ids"] == [second, first]
    path = f"/v1/{resource}/{made['id']}"
    assert (await api.get(path))["attachment_ids"] == [second, first]
    assert await owner(api, first) == (KINDS[resource], made["id"])
    used = await api.change("DELETE", f"/v1/attachments/{first}", expect=409)
    assert used["code"] == "attachment_in_use"
    changed = await api.change("PATCH", path, {"attachment_ids": [first]})
    assert changed["attachment_ids"] == [first]
    assert await owner(api, second) == (None, None)
    await api.change("DELETE", f"/v1/attachments/{second}", expect=204)
    history = (await api.get(f"{path}/history"))["data"]
    assert [c["pointer"] for c in history[-1]["changes"]] == ["/attachment_ids"]
    assert (await api.change("PUT", path, body))["attachment_ids"] == []
    assert await owner(api, first) == (None, None)
    untouched = await api.post(f"/v1/{resource}", body)
    assert untouched["attachment_ids"] == []


@for_each(*BODIES)
async def test_only_what_is_there_of_the_organization_and_free_is_attached(
    place: Place, resource: str
) -> None:
    api = place.admin
    other = await upload(api, await make.branch(api, place.unit))
    mine, taken = await upload(api, place.branch), await upload(api, place.branch)
    body = BODIES[resource](place)
    holder = await api.post(f"/v1/{resource}", {**body, "attachment_ids": [taken]})
    wrong = {("/attachment_ids/0", "unknown_attachment")}
    for bad in ([other], [make.own_id()], [taken]):
        answer = await api.post(f"/v1/{resource}", {**body, "attachment_ids": bad}, expect=422)
        assert problems(answer) == wrong, bad
    twice = {**body, "attachment_ids": [mine, mine]}
    assert problems(await api.post(f"/v1/{resource}", twice, expect=422)) == {
        ("/attachment_ids/1", "unknown_attachment")
    }
    made = await api.post(f"/v1/{resource}", {**body, "attachment_ids": [mine]})
    stolen = {"attachment_ids": [mine, taken]}
    refused = await api.change("PATCH", f"/v1/{resource}/{made['id']}", stolen, expect=422)
    assert problems(refused) == {("/attachment_ids/1", "unknown_attachment")}
    assert await owner(api, taken) == (KINDS[resource], holder["id"])
    assert await owner(api, mine) == (KINDS[resource], made["id"])


@for_each(*BODIES)
async def test_a_file_is_seen_by_who_sees_its_record(place: Place, resource: str) -> None:
    api = place.unit_reporter
    # The unit that inspects brings its own file; it goes with the record to the inspected branch.
    from_unit = resource == "inspections"
    attachment = await upload(api, place.unit if from_unit else place.branch)
    body = {**BODIES[resource](place), "attachment_ids": [attachment]}
    record = await api.post(f"/v1/{resource}", body)
    sibling = await make.branch(place.admin, place.unit)
    for caller, seen in (
        (place.reporter, 200),
        (place.reviewer, 200),
        (await granted(place.admin, sibling, "reporter"), 404),
    ):
        await caller.get(f"/v1/{resource}/{record['id']}", expect=seen)
        await caller.get(f"/v1/attachments/{attachment}", expect=seen)
        await caller.send("GET", f"/v1/attachments/{attachment}/content", expect=seen)


@for_each("activities", "reports")
async def test_the_same_again_is_the_same_with_its_files(place: Place, resource: str) -> None:
    api = place.reporter
    attachment = await upload(api, place.branch)
    body = {**BODIES[resource](place), "source": "网站", "external_id": "7"}
    sent = {**body, "attachment_ids": [attachment]}
    made = await api.post(f"/v1/{resource}", sent)
    again = await api.post(f"/v1/{resource}", sent, expect=200)
    assert again["id"] == made["id"]
    assert again["revision"] == 1
    await api.post(f"/v1/{resource}", body, expect=409)


@pytest.mark.parametrize("resource", ["activities", "reports"])
async def test_a_batch_attaches_in_as_many_statements_as_one(
    place: Place, resource: str, query_counter: QueryCounter
) -> None:
    api = place.reporter

    async def batch(size: int) -> int:
        files = [await upload(api, place.branch) for _ in range(size)]
        items = [{**BODIES[resource](place), "attachment_ids": [file]} for file in files]
        with query_counter.counting() as statements:
            answer = await api.post(f"/v1/{resource}/batch", {"items": items}, expect=200)
        assert [item["status"] for item in answer["data"]] == [201] * size
        for file, item in zip(files, answer["data"], strict=True):
            assert await owner(api, file) == (KINDS[resource], item["id"])
        return len(statements)

    assert await batch(2) == await batch(9)


@for_each("activities", "reports")
async def test_in_a_batch_one_file_goes_to_one_record(place: Place, resource: str) -> None:
    api = place.reporter
    file = await upload(api, place.branch)
    item = {**BODIES[resource](place), "attachment_ids": [file]}
    body = {"items": [item, {**item, "title": "另一次"}], "atomic": False}
    answer = await api.post(f"/v1/{resource}/batch", body, expect=200)
    assert [i["status"] for i in answer["data"]] == [201, 422]
    assert await owner(api, file) == (KINDS[resource], answer["data"][0]["id"])


@for_each("activities", "reports")
async def test_a_deleted_draft_leaves_its_files_free(place: Place, resource: str) -> None:
    api = place.reporter
    file = await upload(api, place.branch)
    body = {**BODIES[resource](place), "status": "draft", "attachment_ids": [file]}
    draft = await api.post(f"/v1/{resource}", body)
    await api.change("DELETE", f"/v1/{resource}/{draft['id']}", expect=204)
    assert await owner(api, file) == (None, None)


async def test_the_sweep_takes_what_no_record_uses_and_nothing_else(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = place.reporter
    used, unused = await upload(api, place.branch), await upload(api, place.branch)
    await place.activity(attachment_ids=[used])
    storage = Storage(str(tmp_path))

    async def swept() -> int:
        async with api.database.writing() as session:
            return await service.sweep(session, storage)

    assert await swept() == 0
    monkeypatch.setattr(service, "UNUSED_AFTER", timedelta(seconds=-60))
    monkeypatch.setattr(service, "SWEEP_AFTER", timedelta(seconds=-60))
    # The row first: were it back because the sweep fails at its end, its bytes would be there.
    assert await swept() == 0
    await api.get(f"/v1/attachments/{unused}", expect=404)
    assert await swept() == 1
    await api.send("GET", f"/v1/attachments/{used}/content", expect=200)
