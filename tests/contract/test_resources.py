"""What every resource of the document has: ETags, conditions, PUT under an own id, batches."""

from typing import Any

import pytest

from app.contract.document import operations
from tests.support import factories
from tests.support.client import Api
from tests.support.openapi import current

DOCUMENT = current()
OPERATIONS = {(path, method): operation for path, method, operation in operations(DOCUMENT)}
CLIENT_MADE = ("units", "branches", "leaders", "campaigns", "activities", "leader-records",
               "reports", "inspections", "findings", "opinions", "delegate-offices")  # fmt: skip
BATCHES = ("units", "branches", "leaders", "activities", "leader-records", "reports")
WRITTEN_BY_THE_SERVICE = {"/v1/webhook-deliveries/{delivery_id}"}
"""Entries of a log: nobody changes them, and nothing is compared with a revision of theirs."""
OF_SUBMISSIONS = {"index", "external_id", "outcome", "counts_for", "near_misses"}


def names(path: str, method: str) -> set[str]:
    return {p["name"] for p in OPERATIONS[path, method].get("parameters", ())}


def collection_items() -> list[str]:
    """Paths of single records: the last part is the only one in braces."""
    return [p for p, m in OPERATIONS if m == "get" and p.count("{") == 1 and p.endswith("_id}")]


@pytest.mark.parametrize("path", sorted({*collection_items()} - WRITTEN_BY_THE_SERVICE))
def test_single_resources_declare_their_revision(path: str) -> None:
    answers = OPERATIONS[path, "get"]["responses"]
    assert "ETag" in answers["200"]["headers"], path
    assert "304" in answers, path
    for method in ("patch", "delete"):
        if (path, method) in OPERATIONS:
            assert "If-Match" in names(path, method), f"{method} {path}"


@pytest.mark.parametrize("resource", CLIENT_MADE)
def test_what_offline_clients_make_can_be_put(resource: str) -> None:
    path = next(p for p, m in OPERATIONS if m == "put" and p.startswith(f"/v1/{resource}/{{"))
    assert {"200", "201"} <= OPERATIONS[path, "put"]["responses"].keys()


@pytest.mark.parametrize("resource", BATCHES)
def test_batches_have_one_shape(resource: str) -> None:
    operation = OPERATIONS[f"/v1/{resource}/batch", "post"]
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    assert schema["properties"].keys() == {"items", "atomic"}
    assert schema["properties"]["items"]["maxItems"] == 1000
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    schemas = DOCUMENT["components"]["schemas"]
    result, shape = schemas[answer.rpartition("/")[2]], schemas["BatchResult"]
    submits = not answer.endswith("/BatchResult")
    summed = {"counts"} if submits else set()
    assert result["properties"].keys() == shape["properties"].keys() | summed
    assert set(result["required"]) == {*shape["required"], *summed}
    item = schemas[result["properties"]["data"]["items"]["$ref"].rpartition("/")[2]]
    # Of submissions each tells what it counts for, too; what the others tell is the same.
    told = OF_SUBMISSIONS if submits else set()
    common = schemas["ItemResult"]["properties"]
    assert item["properties"].keys() == common.keys() | told
    assert {name: item["properties"][name] for name in common} == common


def test_every_list_is_a_page_with_its_parameters() -> None:
    for (path, method), operation in OPERATIONS.items():
        answer = operation["responses"].get("200", {}).get("content", {})
        reference = answer.get("application/json", {}).get("schema", {}).get("$ref", "")
        if method == "get" and reference.rpartition("/")[2].startswith("Page_"):
            if path == "/v1/code-lists":  # one page by nature
                continue
            assert {"limit", "cursor"} <= names(path, method), path
            assert "Link" in operation["responses"]["200"]["headers"], path


async def made(api: Api) -> dict[str, Any]:
    """A record of each resource, by its path."""
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    branch = await factories.branch(api, unit)
    leader = await factories.leader(api, unit, branch)
    campaign = await factories.campaign(api, root)
    activity = await api.post("/v1/activities", factories.activity(branch, campaign))
    record = await api.post("/v1/leader-records", factories.record(leader, campaign))
    client = await api.post("/v1/clients", {"name": "网站"})
    office = await api.post("/v1/delegate-offices", {"unit_id": unit["id"], "name": "工作室"})
    return {
        "units": unit,
        "branches": branch,
        "leaders": leader,
        "campaigns": campaign,
        "activities": activity,
        "leader-records": record,
        "clients": client,
        "delegate-offices": office,
    }


async def test_conditions_hold_for_every_resource(api: Api) -> None:
    for resource, row in (await made(api)).items():
        path = f"/v1/{resource}/{row['id']}"
        first = await api.send("GET", path, expect=200)
        etag = first.headers["etag"]
        unchanged = await api.send("GET", path, expect=304, headers={"If-None-Match": etag})
        assert unchanged.headers["etag"] == etag
        assert unchanged.content == b""
        await api.send("GET", path, expect=200, headers={"If-None-Match": '"999"'})
        missing = await api.send("PATCH", path, {}, expect=428)
        assert missing.json()["code"] == "revision_required"
        stale = await api.send("PATCH", path, {}, expect=412, headers={"If-Match": '"999"'})
        assert stale.json()["code"] == "stale_revision"
        assert stale.headers["etag"] == etag
        for wrong in (etag.strip('"'), f"{etag} {etag}", '"', "", f"{etag};"):
            given = {"If-Match": wrong}
            malformed = await api.send("PATCH", path, {}, expect=400, headers=given)
            assert malformed.json()["code"] == "malformed_entity_tag", wrong
        # A proxy that compresses marks the tag, and hands the mark back.
        for mark in ("-gzip", "--gzip", ";br", "-zstd"):
            marked = f'{etag[:-1]}{mark}"'
            for tag in (marked, f"W/{marked}", f'"999", {marked}'):
                await api.send("GET", path, expect=304, headers={"If-None-Match": tag})
                answer = await api.send("PATCH", path, {"revision": 1}, headers={"If-Match": tag})
                assert answer.status_code == 422, tag


async def test_lists_answer_only_the_fields_asked_for(api: Api) -> None:
    for resource in await made(api):
        full = (await api.get(f"/v1/{resource}"))["data"]
        few = await api.send("GET", f"/v1/{resource}", expect=200, fields="revision,id")
        assert [row.keys() for row in few.json()["data"]] == [{"id", "revision"}] * len(full)
        assert [row["id"] for row in few.json()["data"]] == [row["id"] for row in full]


async def test_pages_link_to_the_next(api: Api) -> None:
    root = await factories.root(api)
    for _ in range(3):
        await factories.unit(api, root)
    first = await api.send("GET", "/v1/units", expect=200, limit=2, fields="code")
    page = first.json()
    assert page["has_more"] is True
    address = first.headers["link"].removeprefix("<").partition(">")[0]
    assert first.headers["link"].endswith('; rel="next"')
    path = address.removeprefix(api.settings.base_url)
    second = (await api.http.get(path)).json()
    assert not {r["id"] for r in page["data"]} & {r["id"] for r in second["data"]}
    assert second["has_more"] is False
    assert (page["total"], second["total"]) == (None, None)
    assert second["next_cursor"] is None
    assert (await api.get("/v1/units"))["total"] == 4


async def test_an_unknown_parameter_is_told_what_there_is(api: Api) -> None:
    said = await api.send(
        "GET", "/v1/units?paren=1&kind[]=committee&one=1&two=2", expect=422,
        headers={"Accept-Language": "en"},
    )  # fmt: skip
    near, brackets, *others = [error["detail"] for error in said.json()["errors"]]
    assert "similar are (codes parent" in near
    assert "cursor, " in near
    assert "kind=…&kind=…" in brackets
    assert [other.partition(";")[2] for other in others] == ["", ""]


async def test_a_cursor_is_bound_to_its_list_filter_and_sort(api: Api) -> None:
    root = await factories.root(api)
    for _ in range(3):
        await factories.unit(api, root)
    cursor = (await api.get("/v1/units", limit=1))["next_cursor"]
    others: list[tuple[str, dict[str, Any]]] = [
        ("/v1/branches", {}),
        ("/v1/units", {"kind": "committee"}),
        ("/v1/units", {"sort": "-updated_at"}),
    ]
    for path, more in others:
        refused = await api.send("GET", path, expect=400, cursor=cursor, **more)
        assert refused.json()["code"] == "invalid_cursor"
    await api.get("/v1/units", limit=2, cursor=cursor)
