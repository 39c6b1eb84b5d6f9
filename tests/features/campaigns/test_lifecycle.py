"""The life of a campaign: opened by a job, closed, its job read by those who may."""

import asyncio
from collections import Counter
from itertools import pairwise
from typing import Any

from sqlalchemy import select, update

from app.models import Event, Job
from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.features.campaigns.test_campaigns import TEMPLATE
from tests.support.client import Api, problems
from tests.support.factories import own_id


async def made(api: Api, tree: Tree, **fields: Any) -> str:
    """The path of a campaign from the template, not yet opened."""
    body = {"template": TEMPLATE, "root_unit_id": tree["root"], **fields}
    return f"/v1/campaigns/{(await api.post('/v1/campaigns', body))['id']}"


async def test_opening_is_a_job_that_makes_the_ledger(api: Api, tree: Tree) -> None:
    path = await made(api, tree)
    await api.send("POST", f"{path}/open", expect=428)
    response = await api.send("POST", f"{path}/open", expect=202, headers={"If-Match": '"1"'})
    job_path = response.headers["location"]
    assert job_path == f"/v1/jobs/{response.json()['job_id']}"
    assert response.headers["retry-after"] == "1"
    opening = await api.get(path)
    assert (opening["status"], opening["opening_job_id"]) == ("draft", response.json()["job_id"])
    again = await api.send("POST", f"{path}/open", expect=202)
    assert again.json() == response.json()
    waiting = await api.send("GET", job_path, expect=200)
    assert waiting.json()["status"] == "queued"
    assert waiting.headers["retry-after"] == "1"

    assert await api.work() == 1
    job = await api.send("GET", job_path, expect=200)
    assert "retry-after" not in job.headers
    assert job.json()["kind"] == "campaign.open"
    assert job.json()["status"] == "succeeded"
    progress = job.json()["progress"]
    assert progress["done"] == progress["total"] == job.json()["result"]["obligations"]
    problem = await api.change("POST", f"{path}/open", expect=409, of=path)
    assert problem["code"] == "campaign_already_opened"


async def test_the_ledger_holds_what_the_tree_owes(api: Api, tree: Tree) -> None:
    path = await made(api, tree)
    await api.change("POST", f"{path}/open", expect=202, of=path)
    await api.work()
    assert (await api.get(path))["status"] == "open"
    owed = Counter(row["requirement_code"] for row in await api.all("/v1/obligations"))
    assert owed["themed-meeting"] == owed["discuss-doctrine"] == 3
    assert owed["leader-discussion"] == owed["leader-themed-meeting"] == 2
    assert owed["platform-column"] == 6
    assert owed["work-updates"] == owed["summary"] == 4
    assert owed["guidance-and-inspection"] == owed["situation-report"] == 1
    assert owed["leadership-delegates-reception"] == 3


async def test_openings_asked_for_at_once_are_one_job(api: Api, tree: Tree) -> None:
    path = await made(api, tree)
    asked = [
        api.send("POST", f"{path}/open", expect=202, headers={"If-Match": '"1"'}) for _ in range(4)
    ]
    answers = await asyncio.gather(*asked)
    assert len({answer.json()["job_id"] for answer in answers}) == 1
    assert await api.work() == 1


async def test_while_it_opens_nothing_of_it_changes(api: Api, tree: Tree) -> None:
    path = await made(api, tree)
    await api.change("POST", f"{path}/open", expect=202, of=path)
    first = (await api.get(path))["requirements"][0]["id"]
    requirement = {"code": "x", "title": "x", "subject": "unit", "evidence": {"record": "activity"}}
    for response in (
        await api.change("PATCH", path, {"name": "改"}, expect=409),
        await api.change("POST", f"{path}/close", expect=409, of=path),
        await api.post(f"{path}/requirements", requirement, expect=409),
        await api.change("PATCH", f"{path}/requirements/{first}", {"title": "改"}, expect=409),
    ):
        assert response["code"] == "campaign_opening"


async def test_an_opening_that_was_given_up_can_be_asked_for_again(api: Api, tree: Tree) -> None:
    path = await made(api, tree)
    await api.change("POST", f"{path}/open", expect=202, of=path)
    async with api.database.writing() as session:
        await session.execute(update(Job).values(status="failed"))
    await api.send("POST", f"{path}/open", expect=428)
    await api.change("POST", f"{path}/open", expect=202, of=path)
    assert await api.work() == 1
    assert (await api.get(path))["status"] == "open"


async def test_after_opening_code_and_counting_stay_and_no_topic_goes(api: Api, tree: Tree) -> None:
    path = await made(api, tree)
    await api.change("POST", f"{path}/open", expect=202, of=path)
    await api.work()
    wrong = {"code": "other", "counts_from": "accepted", "methods": []}
    problem = await api.change("PATCH", path, wrong, expect=422)
    assert problems(problem) == {
        ("/code", "fixed_once_made"),
        ("/counts_from", "fixed_once_made"),
        ("/methods", "code_in_use"),
    }
    modes = [*(await api.get(path))["talk_modes"], {"code": "online", "title": "网上谈"}]
    assert len((await api.change("PATCH", path, {"talk_modes": modes}))["talk_modes"]) == 4
    current = await api.get(path)
    names = ("root_unit_id", "code", "name", "starts_on", "ends_on", "notices", "topics",
             "checks", "talk_modes", "methods")  # fmt: skip
    body = {name: current[name] for name in names}
    problem = await api.change("PUT", path, {**body, "requirements": []}, expect=422)
    assert problems(problem) == {("/requirements", "fixed_once_made")}
    assert (await api.change("PUT", path, {**body, "name": "新名"}))["name"] == "新名"


async def test_closing_freezes_campaign_and_ledger(api: Api, tree: Tree) -> None:
    path = await made(api, tree)
    problem = await api.change("POST", f"{path}/close", expect=409, of=path)
    assert problem["code"] == "campaign_not_opened"
    await api.change("POST", f"{path}/open", expect=202, of=path)
    await api.work()
    closed = await api.change("POST", f"{path}/close", of=path)
    assert closed["status"] == "closed"
    assert closed["closed_at"] is not None
    requirement = {"code": "x", "title": "x", "subject": "unit", "evidence": {"record": "activity"}}
    first = closed["requirements"][0]["id"]
    for problem in (
        await api.change("POST", f"{path}/close", expect=409, of=path),
        await api.change("PATCH", path, {"name": "改"}, expect=409),
        await api.post(f"{path}/requirements", requirement, expect=409),
        await api.change("PATCH", f"{path}/requirements/{first}", {"active": False}, expect=409),
    ):
        assert problem["code"] == "campaign_closed"


async def test_every_step_is_an_event_of_its_client(api: Api, tree: Tree) -> None:
    path = await made(api, tree)
    await api.change("POST", f"{path}/open", expect=202, of=path)
    await api.work()
    await api.change("POST", f"{path}/close", of=path)
    async with api.database.reading() as session:
        statement = select(Event).where(Event.resource == "campaign").order_by(Event.position)
        events = (await session.execute(statement)).scalars().all()
    assert [(event.type, event.revision) for event in events] == [
        ("campaign.created", 1),
        ("campaign.opening", 2),
        ("campaign.opened", 3),
        ("campaign.closed", 4),
    ]
    assert len({event.client_id for event in events}) == 1
    assert events[2].route == "job campaign.open"
    for before, after in pairwise(events):
        assert after.before_digest == before.after_digest


async def test_a_job_is_seen_by_those_whose_organizations_it_works_on(
    api: Api, tree: Tree, as_: As
) -> None:
    path = await made(api, tree)
    opened = await api.change("POST", f"{path}/open", expect=202, of=path)
    job = f"/v1/jobs/{opened['job_id']}"
    nanhai = await as_(Role.ADMIN, "nanhai")
    assert await nanhai.all("/v1/jobs") == []
    absent = await nanhai.get(f"/v1/jobs/{own_id()}", expect=404)
    hidden = await nanhai.get(job, expect=404)
    assert {**absent, "request_id": ""} == {**hidden, "request_id": ""}
    viewer = await as_(Role.VIEWER, "root")
    assert (await viewer.get(job))["org_id"] == tree["root"]
    assert len(await viewer.all("/v1/jobs", status="queued", kind="campaign.open")) == 1
    assert await viewer.all("/v1/jobs", under=tree["nanhai"]) == []
