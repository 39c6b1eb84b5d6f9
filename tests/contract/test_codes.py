"""Codes in place of ids: what is narrowed by an id takes the code that people have."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import pytest

from app.contract.document import operations
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.databases import BACKENDS, ON_BOTH
from tests.support.granted import granted
from tests.support.matrix import staged
from tests.support.openapi import current
from tests.support.places import Place

Json = dict[str, Any]
IDS: Final = {
    "org_code": "org_id", "unit_code": "unit_id", "under_code": "under",
    "campaign_code": "campaign_id",
}  # fmt: skip
NEEDED: Final = {"lacking": "inspection"}


def coded(backend: str) -> list[tuple[str, str, set[str]]]:
    """Return path, name and parameters of the operations that take a code: half on each database.

    The code is looked up before anything else is, whatever the operation.
    """
    every = list(taking_codes())
    return every if ON_BOTH else every[BACKENDS.index(backend) :: len(BACKENDS)]


def taking_codes() -> Iterator[tuple[str, str, set[str]]]:
    """Yield path, name and parameters of every operation that takes a code."""
    for path, method, operation in operations(current()):
        names = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
        if method == "get" and names & IDS.keys():
            yield path, operation["operationId"], names


def test_what_takes_an_id_of_them_takes_its_code() -> None:
    missing = [
        (path, name)
        for path, method, operation in operations(current())
        if method == "get"
        for names in [{p["name"] for p in operation.get("parameters", ())}]
        for code, name in IDS.items()
        if name in names and code not in names and operation["operationId"] not in AUDITED
        if any(p["name"] == name and p["in"] == "query" for p in operation["parameters"])
    ]
    assert missing == []


AUDITED: Final = {
    "listAuditEvents", "listJobs", "listImports", "listAttachments", "listClients", "listGrants",
    "listReceipts", "countReceipts", "listCampaigns", "listRequirements", "getImportTemplate",
}  # fmt: skip
"""For administrators, or within one campaign: who asks has the id at hand."""


def shown(answer: Json) -> Any:
    """The rows of a list, the whole of anything else: cursors say how a list was asked for."""
    return answer.get("data", answer)


@pytest.mark.timeout(300)
async def test_a_code_answers_as_its_id(api: Api, backend: str) -> None:
    scene = await staged(api)
    ids = scene.places["own"]
    unit = await api.get(f"/v1/units/{ids['unit_id']}")
    campaign = await api.get(f"/v1/campaigns/{scene.live['id']}")
    own = {"org_code": unit, "unit_code": unit, "under_code": unit, "campaign_code": campaign}
    for path, operation, names in coded(backend):
        address = path.format_map(ids | {"campaign_id": campaign["id"]})
        also: Json = {n: v for n, v in NEEDED.items() if n in names}
        if operation.startswith("getProgress"):
            also["campaign_id"] = campaign["id"]
        for code in sorted(names & IDS.keys()):
            rest: Json = {n: v for n, v in also.items() if n != IDS[code]}
            by_id = await api.send("GET", address, **rest | {IDS[code]: own[code]["id"]})
            by_code = await api.send("GET", address, **rest | {code: own[code]["code"]})
            told = (operation, code, by_code.text[:300])
            assert by_code.status_code == by_id.status_code == 200, told
            assert shown(by_code.json()) == shown(by_id.json()), told
            both: Json = {IDS[code]: scene.places["sibling"]["unit_id"], code: own[code]["code"]}
            other = await api.send("GET", address, expect=422, **(rest | both))
            assert problems(other.json()) == {(f"?{code}", "code_of_another")}, told
            absent = await api.send("GET", address, **rest | {code: "nobody-has-this"})
            nothing: Json = {IDS[code]: str(UUID(int=0))}
            by_nobody = await api.send("GET", address, **rest | nothing)
            assert absent.status_code == by_nobody.status_code, told
            if absent.is_success:
                assert shown(absent.json()) == shown(by_nobody.json()), told


async def test_a_code_out_of_sight_is_as_unknown_as_an_absent_one(place: Place, api: Api) -> None:
    await place.activity()
    stranger = await granted(api, await factories.unit(api, place.root), "viewer")
    hidden: Json = {"org_code": place.branch["code"]}
    assert len(await api.all("/v1/activities", **hidden)) == 1
    absent: Json = {"org_code": "nobody-has-this"}
    for asked in (hidden, absent):
        page = await stranger.get("/v1/activities", **asked)
        assert page == {"data": [], "has_more": False, "next_cursor": None, "total": 0}
    twice: Json = {**hidden, "org_id": place.branch["id"]}
    told = await stranger.send("GET", "/v1/activities", expect=422, **twice)
    absent |= {"org_id": place.branch["id"]}
    other = await stranger.send("GET", "/v1/activities", expect=422, **absent)
    assert told.json()["errors"] == other.json()["errors"]


async def test_several_codes_are_either(place: Place, api: Api) -> None:
    await place.activity()
    codes = [place.branch["code"], place.unit["code"]]
    assert len(await api.all("/v1/activities", org_code=codes)) == 1
    assert await api.all("/v1/activities", org_code=codes[1:]) == []
    both: Json = {"org_code": codes, "org_id": [place.unit["id"], place.branch["id"]]}
    assert len(await api.all("/v1/activities", **both)) == 1


async def test_a_progress_table_takes_one_request_by_codes(place: Place, api: Api) -> None:
    asked: Json = {"campaign_code": place.campaign["code"], "unit_code": place.unit["code"]}
    table = await api.get("/v1/progress", **asked)
    assert [g["code"] for g in table["groups"]] == [place.unit["code"], place.branch["code"]]
    told = await api.send("GET", "/v1/progress", expect=422, unit_code=place.unit["code"])
    assert problems(told.json()) == {("?campaign_id", "required")}
