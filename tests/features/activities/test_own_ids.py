"""Parts of activities and inspections under ids that offline clients made themselves."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support import factories
from tests.support.client import problems
from tests.support.factories import as_read, own_id
from tests.support.places import Place

pytestmark = pytest.mark.one_database


@dataclass(frozen=True)
class Kind:
    """A list of parts, where it stands, and the smallest part of it."""

    path: str
    name: str
    part: dict[str, Any]

    def body(self, place: Place, *ids: str | None, **fields: Any) -> dict[str, Any]:
        """A record with parts of these ids."""
        parts = [self.part if each is None else {"id": each, **self.part} for each in ids]
        if self.path == "/v1/activities":
            return factories.activity(place.branch, place.campaign) | {self.name: parts, **fields}
        sides = {"unit_id": place.unit["id"], "org_id": place.branch["id"]}
        common = {"campaign_id": place.campaign["id"], "held_on": factories.DAY, "seen": "情况"}
        return {**sides, **common, self.name: parts, **fields}

    def ids(self, record: Any) -> set[str]:
        """The ids of the parts of a record."""
        return {part["id"] for part in record[self.name]}


KINDS = (
    Kind("/v1/activities", "findings", {"check": "methods", "description": "会议过多"}),
    Kind(
        "/v1/activities",
        "opinions",
        {"field": "economic", "source_group": "public", "content": "多到基层"},
    ),
    Kind("/v1/inspections", "follow_ups", {"what": "补走访"}),
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


async def test_parts_keep_the_ids_that_they_came_with(place: Place, kind: Kind) -> None:
    caller, first, second, third = place.unit_reporter, own_id(), own_id(), own_id()
    made = await caller.post(kind.path, kind.body(place, first, None))
    assert first in kind.ids(made)
    assert len(kind.ids(made)) == 2
    path = f"{kind.path}/{made['id']}"
    assert kind.ids(await caller.get(path)) == kind.ids(made)

    replaced = await caller.change("PUT", path, kind.body(place, first, second))
    assert kind.ids(replaced) == {first, second}
    patch = {kind.name: [{"id": first, **kind.part}, {"id": third, **kind.part}]}
    assert kind.ids(await caller.change("PATCH", path, patch)) == {first, third}

    fourth = own_id()
    put = await caller.send("PUT", f"{kind.path}/{own_id()}", kind.body(place, fourth), expect=201)
    assert kind.ids(put.json()) == {fourth}


async def test_an_id_is_that_of_one_part_only(place: Place, kind: Kind) -> None:
    caller, first = place.unit_reporter, own_id()
    made = await caller.post(kind.path, kind.body(place, first))
    other = await caller.post(kind.path, kind.body(place, None, own_id()))
    path = f"{kind.path}/{other['id']}"
    body = kind.body(place, None, first)
    taken = {(f"/{kind.name}/1/id", "id_in_use")}
    assert problems(await caller.post(kind.path, body, expect=422)) == taken
    assert problems(await caller.change("PUT", path, body, expect=422)) == taken
    new = await caller.send("PUT", f"{kind.path}/{own_id()}", body, expect=422)
    assert problems(new.json()) == taken

    known, *_ = kind.ids(other)
    for named in (known, own_id()):
        twice = kind.body(place, named, named)
        wrong = await caller.change("PUT", path, twice, expect=422)
        assert problems(wrong) == {(f"/{kind.name}/1/id", "twice")}
    # Nothing was taken over: each still has its own.
    assert kind.ids(await caller.get(f"{kind.path}/{made['id']}")) == {first}
    assert kind.ids(await caller.get(path)) == kind.ids(other)


async def test_what_is_sent_again_keeps_the_ids_of_the_first_time(place: Place, kind: Kind) -> None:
    caller, first = place.unit_reporter, own_id()
    key = {"source": "oa", "external_id": "1"}
    made = await caller.post(kind.path, kind.body(place, first, **key))
    again = await caller.post(kind.path, kind.body(place, first, **key), expect=200)
    unnamed = await caller.post(kind.path, kind.body(place, None, **key), expect=200)
    assert as_read(made) == as_read(again) == as_read(unnamed)
    other = await caller.post(kind.path, kind.body(place, own_id(), **key), expect=409)
    assert other["code"] == "exists_otherwise"


async def test_two_of_a_batch_do_not_share_an_id(place: Place) -> None:
    caller, shared = place.unit_reporter, own_id()
    findings = KINDS[0]
    items = [findings.body(place, shared), findings.body(place, shared), findings.body(place, None)]
    path = "/v1/activities/batch"
    wrong = await caller.post(path, {"items": items}, expect=422)
    assert problems(wrong) == {("/items/1/findings/0/id", "id_in_use")}
    done = await caller.post(path, {"items": items, "atomic": False}, expect=200)
    assert [result["status"] for result in done["data"]] == [201, 422, 201]
    assert problems(done["data"][1]["problem"]) == {("/findings/0/id", "id_in_use")}


async def test_a_finding_and_an_opinion_may_have_the_same_id(place: Place) -> None:
    shared = own_id()
    finding, opinion = ({"id": shared, **kind.part} for kind in KINDS[:2])
    caller = place.unit_reporter
    made = await caller.post("/v1/activities", factories.activity(place.branch, place.campaign,
                             findings=[finding]))  # fmt: skip
    both = {"findings": [finding], "opinions": [opinion]}
    changed = await caller.change("PATCH", f"/v1/activities/{made['id']}", both)
    assert changed["findings"][0]["id"] == changed["opinions"][0]["id"] == shared


RECORDS = ("/v1/activities", "/v1/reports", "/v1/leader-records", "/v1/inspections")


@pytest.mark.parametrize("path", RECORDS)
async def test_an_id_and_a_key_name_the_same_record_or_none(place: Place, path: str) -> None:
    caller, first, second = place.admin, own_id(), own_id()
    sides = {"unit_id": place.unit["id"], "org_id": place.branch["id"]}
    body = {
        "/v1/activities": factories.activity(place.branch, place.campaign),
        "/v1/reports": place.report_body(),
        "/v1/leader-records": factories.record(place.leader, place.campaign),
        "/v1/inspections": {
            **sides, "campaign_id": place.campaign["id"], "held_on": factories.DAY, "seen": "情况",
        },
    }[path]  # fmt: skip
    keyed = {"source": "oa", "external_id": "1"}
    made = await caller.post(path, {**body, **keyed, "id": first})
    assert made["id"] == first
    for known in ({"id": first, **keyed}, keyed):
        assert (await caller.post(path, {**body, **known}, expect=200))["id"] == first
    for other in (
        {"id": second, **keyed},
        {"id": first},
        {"id": first, **keyed, "external_id": "2"},
    ):
        answer = await caller.post(path, {**body, **other}, expect=409)
        assert answer["code"] == "exists_otherwise"
    await caller.get(f"{path}/{second}", expect=404)
    await caller.send("PUT", f"{path}/{second}", {**body, "id": second}, expect=422)
