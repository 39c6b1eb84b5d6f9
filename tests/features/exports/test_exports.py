"""Exports: asked for, made by a worker, fetched by who asked for them and by nobody else."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app import jobs
from app.db import context_of
from app.features.exports.jobs import sweep
from app.features.exports.service import asking, removing
from app.features.exports.writers.texts import NdjsonWriter
from app.kit import clock
from app.kit.storage import Storage
from app.models import Export, Job
from app.worker import HANDLERS
from app.worker.making import Maker
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.exporting import exported
from tests.support.granted import granted
from tests.support.places import Place

PROGRAM = "activities", "ndjson"


def body(place: Place, kind: str = "activities", form: str = "xlsx", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "format": form, "campaign_id": place.campaign["id"], **more}


async def test_an_export_is_asked_for_made_and_fetched(place: Place) -> None:
    api = place.reviewer
    asked = await api.send("POST", "/v1/exports", body(place), expect=202)
    export = asked.json()
    path = f"/v1/exports/{export['id']}"
    assert asked.headers["Location"] == path
    assert asked.headers["Retry-After"]
    assert export["status"] == "queued"
    assert export["unit_id"] == place.unit["id"]
    early = await api.send("GET", f"{path}/file", expect=409)
    assert early.json()["code"] == "export_not_ready"
    waiting = (await api.send("GET", path, expect=200)).headers["ETag"]

    await api.work()

    made = await api.send("GET", path, expect=200, headers={"If-None-Match": waiting})
    assert made.json()["status"] == "succeeded"
    assert made.json()["rows"] == 0
    file = await api.send("GET", f"{path}/file", expect=200)
    assert len(file.content) == made.json()["size"] == int(file.headers["Content-Length"])
    assert file.content.startswith(b"PK")
    assert "%E6%B4%BB%E5%8A%A8%E5%8F%B0%E8%B4%A6" in file.headers["Content-Disposition"]
    listed = await api.get("/v1/exports", kind="activities")
    assert [each["id"] for each in listed["data"]] == [export["id"]]
    assert (await api.get("/v1/exports", kind="findings"))["data"] == []


async def test_others_see_nothing_of_it(place: Place) -> None:
    export = await exported(place.reviewer, *PROGRAM[:1], place.campaign)
    path = f"/v1/exports/{export['id']}"
    for other in (place.admin, place.root_reviewer, place.unit_reporter, place.reporter):
        for address in (path, f"{path}/file", f"{path}/events"):
            await other.send("GET", address, expect=404)
        await other.send("POST", f"{path}/cancellation", expect=404)
        assert (await other.get("/v1/exports"))["data"] == []


async def test_who_no_longer_sees_what_it_holds_does_not_get_it(place: Place) -> None:
    other = await factories.unit(place.admin, place.root)
    client = await place.admin.post("/v1/clients", {"name": "两处"})
    grants = [
        await place.admin.post(
            "/v1/grants", {"client_id": client["id"], "role": "viewer", "unit_id": unit["id"]}
        )
        for unit in (place.unit, other)
    ]
    key = await place.admin.post(f"/v1/clients/{client['id']}/keys", {})
    api = place.admin.with_key(key["key"])
    made = await exported(api, "activities", place.campaign, unit_id=place.unit["id"])
    file = f"/v1/exports/{made['id']}/file"
    await api.send("GET", file, expect=200)

    grant = f"/v1/grants/{grants[1]['id']}"
    await place.admin.change("DELETE", grant, expect=204)

    await api.send("GET", file, expect=404)


async def test_everything_wrong_is_said_at_once(place: Place) -> None:
    wrong = await place.reviewer.send(
        "POST",
        "/v1/exports",
        {
            "kind": "activities",
            "format": "docx",
            "campaign_id": factories.own_id(),
            "unit_id": place.root["id"],
        },
        expect=422,
    )
    assert problems(wrong.json()) == {
        ("/format", "wrong_export_format"),
        ("/campaign_id", "unknown_campaign"),
        ("/unit_id", "unknown_unit_of_campaign"),
    }
    assert "xlsx" not in wrong.json()["errors"][0]["detail"]
    filtered = body(place, filter={"overdue": True, "held_from": "2013"})
    told = await place.reviewer.send("POST", "/v1/exports", filtered, expect=422)
    assert {p for p, _ in problems(told.json())} == {"/filter/overdue", "/filter/held_from"}


async def test_what_covers_several_units_must_name_one(place: Place) -> None:
    other = await factories.unit(place.admin, place.root)
    client = await place.admin.post("/v1/clients", {"name": "两处"})
    for unit in (place.unit, other):
        grant = {"client_id": client["id"], "role": "viewer", "unit_id": unit["id"]}
        await place.admin.post("/v1/grants", grant)
    key = await place.admin.post(f"/v1/clients/{client['id']}/keys", {})
    told = await place.admin.with_key(key["key"]).send(
        "POST", "/v1/exports", body(place), expect=422
    )
    assert problems(told.json()) == {("/unit_id", "unit_needed")}


async def test_every_export_is_in_the_audit(place: Place) -> None:
    export = await exported(place.reviewer, "activities", place.campaign)
    await place.reviewer.send("GET", f"/v1/exports/{export['id']}/file", expect=200)
    auditor = await granted(place.admin, place.root, "auditor")
    events = await auditor.all("/v1/audit-events", resource="export")
    assert [event["type"] for event in reversed(events)] == [
        "export.requested", "export.made", "export.fetched",
    ]  # fmt: skip
    assert {event["resource_id"] for event in events} == {export["id"]}
    assert len({event["client_id"] for event in events}) == 1


async def test_what_waits_can_be_cancelled(place: Place) -> None:
    export = await place.reviewer.post("/v1/exports", body(place), expect=202)
    path = f"/v1/exports/{export['id']}"

    cancelled = await place.reviewer.post(f"{path}/cancellation", expect=200)

    assert cancelled["status"] == "cancelled"
    await place.admin.work()
    told = await place.reviewer.send("GET", f"{path}/file", expect=409)
    assert "已取消" in told.json()["detail"]
    again = await place.reviewer.send("POST", f"{path}/cancellation", expect=409)
    assert again.json()["code"] == "export_ended"


async def test_what_is_being_made_can_be_cancelled(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.activity()
    export = await place.reviewer.post("/v1/exports", body(place, form="ndjson"), expect=202)
    path = f"/v1/exports/{export['id']}"
    whole = HANDLERS[asking.JOB]
    assert isinstance(whole, Maker)

    async def make(*given: Any) -> Any:
        made = await whole.make(*given)
        running = await place.reviewer.get(path)
        assert running["status"] == "running"
        await place.reviewer.post(f"{path}/cancellation", expect=200)
        return made

    monkeypatch.setitem(HANDLERS, asking.JOB, Maker(make, whole.keep))
    await place.admin.work()

    assert (await place.reviewer.get(path))["status"] == "cancelled"
    await place.reviewer.send("GET", f"{path}/file", expect=409)


async def test_half_a_file_is_never_offered(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.activity()
    export = await place.reviewer.post("/v1/exports", body(place, form="ndjson"), expect=202)
    path = f"/v1/exports/{export['id']}"
    add = NdjsonWriter.add

    def die(self: NdjsonWriter, rows: Any) -> None:
        add(self, rows)
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(NdjsonWriter, "add", die)
        await place.admin.work()
    failed = await place.reviewer.get(path)
    assert failed["status"] == "queued"
    assert failed["problem"]["code"] == "step_failed"
    await place.reviewer.send("GET", f"{path}/file", expect=409)

    async with place.admin.database.writing() as session:
        await session.execute(update(Job).values(claimable_at=jobs.moment(session)))
    await place.admin.work()

    assert (await place.reviewer.get(path))["rows"] == 1
    file = await place.reviewer.send("GET", f"{path}/file", expect=200)
    assert len(file.content.splitlines()) == 1


async def test_results_are_removed_in_time(place: Place) -> None:
    api = place.reviewer
    export = await exported(api, "activities", place.campaign)
    path = f"/v1/exports/{export['id']}"
    storage = Storage(api.settings.storage_address)
    names = {name for name, _ in await storage.keys(f"exports/{export['id']}")}
    assert len(names) == 1

    async def swept(grace: timedelta = timedelta(hours=2)) -> None:
        async with api.database.writing() as session:
            context_of(session).settings = api.settings
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(removing, "_GRACE", grace)
                await sweep(session)

    await swept()
    await swept(-timedelta(minutes=1))
    await api.send("GET", f"{path}/file", expect=200)

    async with api.database.writing() as session:
        over = {"expires_at": clock.now() - timedelta(seconds=1)}
        await session.execute(update(Export).values(over))
    await swept()
    await api.send("GET", path, expect=404)
    await swept(-timedelta(minutes=1))
    assert await storage.keys(f"exports/{export['id']}") == []


async def test_a_file_that_is_gone_is_told(place: Place) -> None:
    export = await exported(place.reviewer, "activities", place.campaign)
    storage = Storage(place.admin.settings.storage_address)
    for name, _ in await storage.keys(f"exports/{export['id']}"):
        await storage.delete(name)
    told = await place.reviewer.send("GET", f"/v1/exports/{export['id']}/file", expect=409)
    assert told.json()["code"] == "export_file_gone"


async def test_progress_is_streamed(place: Place) -> None:
    export = await exported(place.reviewer, "activities", place.campaign)
    answer = await place.reviewer.send("GET", f"/v1/exports/{export['id']}/events", expect=200)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.text.startswith("retry: ")
    assert "event: end\n" in answer.text
    assert f'"id":"{export["id"]}"' in answer.text


async def test_one_caller_does_not_fill_the_queue(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_WAITING", 1)
    await place.reviewer.post("/v1/exports", body(place), expect=202)
    refused = await place.reviewer.send("POST", "/v1/exports", body(place), expect=409)
    assert refused.json()["code"] == "too_many_exports"
    await place.root_reviewer.post("/v1/exports", body(place), expect=202)


async def test_it_is_asked_for_once(place: Place) -> None:
    key = {"Idempotency-Key": factories.own_id()}
    ids = {
        (await place.reviewer.send("POST", "/v1/exports", body(place), headers=key)).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1


async def test_what_nobody_made_is_forgotten_with_its_job(api: Api, place: Place) -> None:
    export = await place.reviewer.post("/v1/exports", body(place), expect=202)
    await place.reviewer.post(f"/v1/exports/{export['id']}/cancellation", expect=200)
    async with api.database.writing() as session:
        await session.execute(update(Export).values(created_at=clock.now() - timedelta(days=2)))
    async with api.database.writing() as session:
        await removing.sweep(session, Storage(str(Path(api.settings.storage_address))))
    async with api.database.reading() as session:
        assert await session.get(Export, UUID(export["id"])) is None
        assert (await session.scalars(select(Job.status).where(Job.kind == asking.JOB))).all()


async def test_erasing_a_person_takes_the_files_that_may_name_them(place: Place) -> None:
    near = await exported(place.root_reviewer, "activities", place.campaign)
    other = await factories.unit(place.admin, place.root)
    far_off = await granted(place.admin, other, "viewer")
    far = await exported(far_off, "activities", place.campaign)
    body = {"unit_id": place.unit["id"], "leader_id": place.leader["id"], "mode": "preview"}
    await place.admin.post("/v1/erasures", body, expect=200)
    await place.root_reviewer.get(f"/v1/exports/{near['id']}")

    await place.admin.post("/v1/erasures", body | {"mode": "apply"}, expect=200)

    await place.root_reviewer.send("GET", f"/v1/exports/{near['id']}", expect=404)
    await far_off.get(f"/v1/exports/{far['id']}")
    storage = Storage(place.admin.settings.storage_address)
    assert await storage.keys(f"exports/{near['id']}") == []
    assert await storage.keys(f"exports/{far['id']}") != []
