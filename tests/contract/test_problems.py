"""Problems that no feature's own test meets, and the pages of all of them.

At the end of a whole run `tests.support.triggered` fails it for every code that nothing triggered.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from app.kit.problems import FieldErrorKind, catalogue
from tests.support import factories
from tests.support.callers import caller
from tests.support.client import Api, problems, started
from tests.support.granted import also, granted
from tests.support.places import Place

pytestmark = pytest.mark.one_database


async def test_every_problem_has_its_page_in_both_languages(api: Api) -> None:
    index = (await api.send("GET", "/problems", expect=200)).text
    for code, kind in catalogue().items():
        assert f"/problems/{code}" in index
        page = (await api.send("GET", f"/problems/{code}", expect=200)).text
        assert kind.title.zh in page
        assert kind.title.en in page
        assert not kind.title.zh.isascii()
        assert kind.title.en.isascii()
    fields = (await api.send("GET", "/problems/invalid", expect=200)).text
    missing = [code for code in FieldErrorKind.catalogue if f'<code id="{code}">' not in fields]
    assert missing == []


async def test_every_problem_stands_in_the_document(api: Api) -> None:
    """With the status that it has, at some operation at least."""
    document = api.app.openapi()
    statuses = {
        int(status)
        for item in document["paths"].values()
        for operation in item.values()
        for status in operation["responses"]
    }
    assert {kind.status for kind in catalogue().values()} - statuses == {405}


async def test_a_grant_has_one_holder_and_one_end(api: Api) -> None:
    root = await factories.root(api)
    holder = (await caller(api, "viewer", root)).client["id"]
    grant = {"client_id": holder, "role": "viewer", "unit_id": root["id"]}
    subject = {"issuer": "https://issuer.example", "sub": "1"}

    both = await api.post("/v1/grants", grant | {"subject": subject}, expect=422)
    assert [error["code"] for error in both["errors"]] == ["one_holder"]
    later = grant | {"expires_at": "2099-01-01T00:00:00Z"}
    assert (await api.post("/v1/grants", later, expect=409))["code"] == "grant_exists"


async def test_who_covers_several_units_names_one(place: Place, api: Api) -> None:
    other = await factories.unit(api, place.root)
    keeper = await granted(api, place.unit, "admin")
    await also(api, keeper, other, "admin")

    unnamed = await keeper.post("/v1/clients", {"name": "x"}, expect=422)
    assert problems(unnamed) == {("/unit_id", "unit_to_be_named")}
    of: Any = {"campaign_id": place.campaign["id"]}
    answer = await keeper.get("/v1/progress", expect=422, **of)
    assert problems(answer) == {("?unit_id", "unit_needed")}


async def test_what_is_closed_is_named(place: Place, api: Api) -> None:
    branch = f"/v1/branches/{place.branch['id']}"
    await api.change("POST", f"{branch}/close", {"closed_on": factories.DAY}, of=branch)
    late = await api.post("/v1/reports", place.report_body(), expect=422)
    assert problems(late) == {("/org_id", "closed_organization")}


async def test_a_leader_does_not_come_after_leaving(place: Place, api: Api) -> None:
    path = f"/v1/leaders/{place.leader['id']}"
    await api.change("PATCH", path, {"active_to": "2013-01-01"})
    wrong = await api.change("PATCH", path, {"active_from": "2013-01-02"}, expect=422)
    assert problems(wrong) == {("/active_from", "starts_too_late")}


async def test_a_method_that_an_address_lacks(api: Api) -> None:
    answer = await api.send("DELETE", "/v1/units", expect=405)
    assert answer.json()["code"] == "method_not_allowed"
    assert answer.headers["Allow"] == "GET, HEAD, POST"


async def test_a_file_whose_bytes_are_gone(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    api = await started(database, database_url, storage_url=str(tmp_path / "files"))
    root = await factories.root(api)
    file = {"file": ("a.txt", b"text", "text/plain")}
    sent = await api.http.post("/v1/attachments", files=file, data={"org_id": root["id"]})
    shutil.rmtree(tmp_path / "files")

    path = f"/v1/attachments/{sent.json()['id']}/content"
    answer = await api.send("GET", path, expect=503)
    assert answer.json()["code"] == "stored_file_missing"
    assert answer.headers["Retry-After"] == "60"


async def test_half_a_natural_key_is_told_at_the_half_that_is_missing(place: Place) -> None:
    """And beside whatever else is wrong, in a batch and in a change as well."""
    api, halves = place.admin, ({"source": "oa"}, {"external_id": "7"})
    lacking = ("/external_id", "/source")
    bodies = {
        "/v1/activities": factories.activity(place.branch, place.campaign),
        "/v1/reports": place.report_body(),
        "/v1/leader-records": factories.record(place.leader, place.campaign),
        "/v1/inspections": {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"],
                            "org_id": place.branch["id"], "held_on": factories.DAY, "seen": "好"},
        "/v1/delegate-offices": {"unit_id": place.unit["id"], "name": "党代表工作室"},
    }  # fmt: skip
    for half, pointer in zip(halves, lacking, strict=True):
        for path, body in bodies.items():
            wrong = await api.post(path, body | half, expect=422)
            assert problems(wrong) == {(pointer, "required")}, path
        worse = bodies["/v1/activities"] | half | {"held_on": "2013-02-30"}
        wrong = await api.post("/v1/activities", worse, expect=422)
        assert problems(wrong) == {(pointer, "required"), ("/held_on", "bad_format")}
        batch = {"items": [bodies["/v1/activities"] | half], "atomic": False}
        (row,) = (await api.post("/v1/activities/batch", batch, expect=200))["data"]
        assert row["problem"]["errors"][0]["pointer"].endswith(pointer)
        made = await place.activity(title=f"第{pointer}次")
        wrong = await api.change("PATCH", f"/v1/activities/{made['id']}", half, expect=422)
        assert problems(wrong) == {(pointer, "required")}
