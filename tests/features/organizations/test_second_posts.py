"""Second posts: the three ones are owed once, at the first post that a requirement reaches."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.features.obligations.queries import existence
from app.kit import clock
from tests.support import factories, scenes
from tests.support.client import Api, problems
from tests.support.granted import granted

pytestmark = pytest.mark.one_database

SINCE = "2013-01-05"
TALK, ARTICLE = "talk", "article"


class _Seat:
    """A leader of an organ; the towns are rural, and only there a talk is asked for."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def made(self) -> "_Seat":
        api = self.api
        root = await factories.root(api)
        self.county = await factories.unit(api, root)
        self.organ = await factories.unit(api, self.county)
        self.towns = [
            await factories.unit(api, self.county, sector="rural", opened_on="2012-01-01")
            for _ in range(2)
        ]
        self.leader = await factories.leader(api, self.organ)
        self.path = f"/v1/leaders/{self.leader['id']}"
        self.campaign = await api.post("/v1/campaigns", _campaign(root))
        await factories.open_campaign(api, self.campaign)
        return self

    async def begin(self, at: Any, *, expect: int = 200, **more: Any) -> Any:
        body = {"unit_id": at["id"], "post": "兼任书记", "since": SINCE, **more}
        path = f"{self.path}/second-posts"
        return await self.api.change("POST", path, body, of=self.path, expect=expect)

    async def end(self, post: Any, *, expect: int = 200, **more: Any) -> Any:
        path = f"{self.path}/second-posts/{post['id']}/end"
        return await self.api.change("POST", path, more, of=self.path, expect=expect)

    async def posts(self) -> list[Any]:
        found = await self.api.get(f"{self.path}/second-posts")
        return [post for post in found["data"] if post["until"] is None]

    async def owed(self, code: str, **day: Any) -> list[tuple[str, str]]:
        """Where the leader owes what, and what became of it."""
        rows = await self.api.all("/v1/obligations", campaign_id=self.campaign["id"], **day)
        return [
            (o["org_id"], o["status"])
            for o in rows
            if o["subject"]["id"] == self.leader["id"]
            and o["requirement_code"] == code
            and o["status"] != "void"
        ]

    async def talk(self) -> None:
        body = factories.record(self.leader, self.campaign, "grassroots_talk")
        await self.api.post("/v1/leader-records", body)

    async def act(self, act: str, row: Any, body: Any) -> Any:
        path = f"/v1/units/{row['id']}"
        return await self.api.change("POST", f"{path}/{act}", body, of=path)

    async def due(self, at: Any, **day: Any) -> tuple[int, int]:
        """How many talks a unit's progress tells as due and done."""
        told = await self.api.get(
            "/v1/progress", campaign_id=self.campaign["id"], unit_id=at["id"], **day
        )
        lines = [line for line in told["requirements"] if line["requirement_code"] == TALK]
        return sum(line["due"] for line in lines), sum(line["done"] for line in lines)


def _campaign(root: Any) -> dict[str, Any]:
    common = {"title": "要求", "subject": "leader", "due_on": "2013-01-20"}
    return {
        "root_unit_id": root["id"], "code": "seats", "name": "活动", "starts_on": "2012-12-24",
        "topics": [{"code": "a", "title": "a"}],
        "requirements": [
            {"code": TALK, "evidence": {"record": "leader_record", "kinds": ["grassroots_talk"]},
             "applies_to": {"sectors": ["rural"]}, **common},
            {"code": ARTICLE,
             "evidence": {"record": "leader_record", "kinds": ["research_article"]}, **common},
        ],
    }  # fmt: skip


@pytest.fixture
async def it(api: Api) -> _Seat:
    return await scenes.stage("seat", api, _Seat(api).made)


async def test_it_is_owed_once_at_the_first_post_that_is_reached(it: _Seat) -> None:
    one, two = (town["id"] for town in it.towns)
    assert await it.owed(TALK) == []
    await it.begin(it.towns[0])
    await it.begin(it.towns[1], since="2013-01-06")
    assert await it.owed(TALK) == [(one, "open")]
    await it.talk()
    assert await it.owed(TALK) == [(one, "met")]
    assert [await it.due(town) for town in it.towns] == [(1, 1), (0, 0)]
    first, second = await it.posts()
    await it.end(first)
    assert await it.owed(TALK) == [(two, "met")]
    assert [await it.due(town) for town in it.towns] == [(0, 0), (1, 1)]
    await it.end(second)
    assert await it.owed(TALK) == []
    assert await it.due(it.county) == (0, 0)
    await it.begin(it.towns[0], since=str(clock.today()))
    assert await it.owed(TALK) == [(one, "met")]
    assert await it.owed(ARTICLE) == [(it.organ["id"], "open")]
    assert await it.due(it.county) == (1, 1)


async def test_the_main_post_comes_first(it: _Seat) -> None:
    await it.begin(it.towns[0])
    path = f"/v1/units/{it.organ['id']}"
    await it.api.change("PATCH", path, {"sector": "rural"})
    assert await it.owed(TALK) == [(it.organ["id"], "open")]
    await it.api.change("PATCH", path, {"sector": "organ"})
    assert await it.owed(TALK) == [(it.towns[0]["id"], "open")]
    town = f"/v1/units/{it.towns[0]['id']}"
    await it.api.change("PATCH", town, {"sector": "organ"})
    assert await it.owed(TALK) == []


async def test_a_preview_changes_nothing_and_tells_what_the_deed_does(it: _Seat) -> None:
    before = await it.api.get(f"{it.path}/second-posts")
    effect = await it.begin(it.towns[0], preview=True, reason="试算")
    assert effect["preview"]
    assert effect["obligations"] == {"void": 0, "revived": 0, "moved": 0, "new": 1}
    assert await it.api.get(f"{it.path}/second-posts") == before
    assert await it.owed(TALK) == []
    told = await it.begin(it.towns[0], reason="兼任")
    assert told["revision"] == before["revision"] + 1
    assert [(p["unit_id"], p["post"], p["since"], p["until"]) for p in told["data"]] == [
        (it.towns[0]["id"], "兼任书记", SINCE, None)
    ]
    effect = await it.end(told["data"][0], preview=True)
    assert effect["obligations"] == {"void": 1, "revived": 0, "moved": 0, "new": 0}
    ended = await it.end(told["data"][0], until=SINCE)
    assert ended["data"] == []


async def test_a_past_day_is_answered_as_it_was(it: _Seat) -> None:
    await it.begin(it.towns[0], since="2013-02-01")
    [post] = await it.posts()
    await it.end(post, until="2013-02-10")
    there = [(it.towns[0]["id"], "open")]
    days = ("2013-01-31", "2013-02-01", "2013-02-09", "2013-02-10")
    assert [await it.owed(TALK, as_of=day) for day in days] == [[], there, there, []]
    assert [await it.due(it.towns[0], as_of=day) for day in days] == [
        (0, 0), (1, 0), (1, 0), (0, 0)
    ]  # fmt: skip
    assert await it.owed(TALK) == []


async def test_a_transfer_to_its_unit_ends_it(it: _Seat) -> None:
    await it.begin(it.towns[0])
    await it.talk()
    body = {"unit_id": it.towns[0]["id"]}
    await it.api.change("POST", f"{it.path}/transfer", body, of=it.path)
    assert await it.posts() == []
    assert await it.owed(TALK) == [(it.towns[0]["id"], "met")]
    assert await it.owed(ARTICLE) == [(it.towns[0]["id"], "open")]


async def test_a_merger_hands_it_over(it: _Seat) -> None:
    old, new = it.towns
    await it.begin(old)
    await it.talk()
    await it.act("merge", old, {"into_id": new["id"], "closed_on": "2013-02-01"})
    assert [post["unit_id"] for post in await it.posts()] == [new["id"]]
    assert await it.owed(TALK) == [(new["id"], "met")]
    assert await it.owed(TALK, as_of="2013-01-31") == [(old["id"], "met")]


async def test_a_merger_leaves_one_post_where_there_were_two(it: _Seat) -> None:
    for town in it.towns:
        await it.begin(town)
    merged = {"into_id": it.towns[1]["id"], "closed_on": "2013-02-01"}
    await it.act("merge", it.towns[0], merged)
    assert [post["unit_id"] for post in await it.posts()] == [it.towns[1]["id"]]
    assert await it.owed(TALK) == [(it.towns[1]["id"], "open")]


@pytest.mark.parametrize("met", [True, False])
async def test_where_its_unit_closes_what_was_met_stays(it: _Seat, *, met: bool) -> None:
    await it.begin(it.towns[0])
    if met:
        await it.talk()
    await it.act("close", it.towns[0], {"closed_on": "2013-02-01"})
    assert await it.owed(TALK) == ([(it.towns[0]["id"], "met")] if met else [])


async def test_a_campaign_of_its_unit_alone_takes_what_the_leader_does(it: _Seat) -> None:
    town = it.towns[0]
    of_town = await it.api.post("/v1/campaigns", _campaign(town) | {"code": "town"})
    await factories.open_campaign(it.api, of_town)
    branch = await factories.branch(it.api, town)
    own = factories.record(it.leader, of_town, "grassroots_talk")
    held = factories.activity(
        branch, of_town, participants=[{"leader_id": it.leader["id"], "role": "participant"}]
    )
    outside = await it.api.post("/v1/leader-records", own, expect=422)
    assert problems(outside) == {("/campaign_id", "unknown_campaign")}
    await it.api.post("/v1/activities", held, expect=422)
    await it.begin(town)
    await it.api.post("/v1/leader-records", own)
    await it.api.post("/v1/activities", held)
    rows = await it.api.all("/v1/obligations", campaign_id=of_town["id"])
    talks = [o for o in rows if o["subject"]["id"] == it.leader["id"] and o["status"] == "met"]
    assert [o["org_id"] for o in talks] == [town["id"]]


async def test_a_closing_day_to_come_is_looked_for_at_second_posts(it: _Seat) -> None:
    await it.begin(it.towns[0])
    today = clock.today()
    tomorrow = today + timedelta(days=1)
    await it.act("close", it.towns[0], {"closed_on": str(tomorrow)})
    assert await it.owed(TALK) == [(it.towns[0]["id"], "open")]
    async with it.api.database.reading() as session:
        ended = [await existence.list_ended(session, today, day) for day in (today, tomorrow)]
    assert ended == [([], []), ([UUID(it.towns[0]["id"])], [])]


async def test_everything_that_is_wrong_is_told_at_once(it: _Seat) -> None:
    branch = await factories.branch(it.api, it.towns[0])
    later = str(clock.today() + timedelta(days=1))
    absent = {"id": factories.own_id()}
    for at, more, expected in (
        (absent, {}, {("/unit_id", "unknown_unit")}),
        (branch, {}, {("/unit_id", "not_a_unit")}),
        (it.organ, {"since": later}, {("/unit_id", "already_in_post"),
                                      ("/since", "starts_too_late")}),
        (it.towns[0], {"since": "2011-12-31"}, {("/since", "ends_too_early")}),
    ):  # fmt: skip
        assert set(problems(await it.begin(at, expect=422, **more))) == expected
    await it.begin(it.towns[0])
    again = await it.begin(it.towns[0], expect=422)
    assert set(problems(again)) == {("/unit_id", "already_in_post")}
    await it.act("close", it.towns[1], {"closed_on": "2013-02-01"})
    closed = await it.begin(it.towns[1], expect=422)
    assert set(problems(closed)) == {("/unit_id", "organization_closed")}


async def test_an_end_keeps_to_its_days_and_comes_once(it: _Seat) -> None:
    await it.begin(it.towns[0])
    [post] = await it.posts()
    early = await it.end(post, until="2013-01-04", expect=422)
    assert set(problems(early)) == {("/until", "ends_too_early")}
    late = await it.end(post, until=str(clock.today() + timedelta(days=1)), expect=422)
    assert set(problems(late)) == {("/until", "starts_too_late")}
    await it.end({"id": factories.own_id()}, expect=404)
    await it.end(post, until="2013-02-01")
    answer = await it.end(post, expect=409)
    assert answer["code"] == "second_post_ended"
    overlapping = await it.begin(it.towns[0], expect=422)
    assert set(problems(overlapping)) == {("/since", "ends_too_early")}


async def test_each_sees_what_is_theirs(it: _Seat) -> None:
    await it.begin(it.towns[0])
    [post] = await it.posts()
    home = await granted(it.api, it.organ, "organizer")
    assert (await home.get(f"{it.path}/second-posts"))["data"] == []
    away = await granted(it.api, it.towns[0], "organizer")
    await away.send("GET", f"{it.path}/second-posts", expect=404)
    rows = await away.all("/v1/obligations", campaign_id=it.campaign["id"])
    assert [o["org_id"] for o in rows if o["subject"]["id"] == it.leader["id"]] == [
        it.towns[0]["id"]
    ]
    headers = {"If-Match": "*"}
    path = f"{it.path}/second-posts"
    body = {"unit_id": it.towns[1]["id"], "post": "书记"}
    refused = await home.send("POST", path, body, headers=headers, expect=422)
    assert set(problems(refused.json())) == {("/unit_id", "unknown_unit")}
    await home.send("POST", f"{path}/{post['id']}/end", {}, headers=headers, expect=404)
    reader = await granted(it.api, it.county, "viewer")
    await reader.send("POST", path, body, headers=headers, expect=403)


async def test_a_leader_is_deleted_with_them_and_a_unit_is_not(it: _Seat) -> None:
    await it.begin(it.towns[0])
    path = f"/v1/units/{it.towns[0]['id']}"
    answer = await it.api.change("DELETE", path, expect=409)
    assert "兼任职务" in answer["detail"]
    await it.api.change("DELETE", it.path, expect=204)
    assert await it.owed(TALK) == []
    await it.api.change("DELETE", path, expect=204)


async def test_erasing_a_leader_takes_the_words_of_second_posts(it: _Seat) -> None:
    await it.begin(it.towns[0], post=f"{it.leader['name']}兼")
    erasure = {"unit_id": it.county["id"], "mode": "apply", "leader_id": it.leader["id"]}
    await it.api.send("POST", "/v1/erasures", erasure, expect=200)
    left = await it.api.get(it.path)
    assert [post["post"] for post in await it.posts()] == [left["post"]]
    assert left["post"] not in {it.leader["post"], "兼任书记"}
    assert await it.owed(TALK) == [(it.towns[0]["id"], "open")]


async def test_a_name_in_a_second_post_goes_with_its_person(it: _Seat) -> None:
    began = await it.begin(it.towns[0], post="接替陈某某")
    erasure = {"unit_id": it.towns[1]["id"], "mode": "apply", "names": ["陈某某"]}
    elsewhere = await it.api.send("POST", "/v1/erasures", erasure, expect=200)
    assert elsewhere.json()["found"] == []
    erasure["unit_id"] = it.towns[0]["id"]
    told = (await it.api.send("POST", "/v1/erasures", erasure, expect=200)).json()
    assert {"resource": "second_posts", "field": "post", "records": 1} in told["found"]
    [post] = await it.posts()
    assert "陈某某" not in post["post"]
    left = await it.api.get(it.path)
    assert (left["name"], left["revision"]) == (it.leader["name"], began["revision"] + 1)
