"""Questions about a past day are answered by the tree of that day."""

from datetime import timedelta
from typing import Any

import pytest

from app.features.tree.queries import changes
from app.kit import clock
from app.models.vocabulary import Role
from tests.features.organizations.conftest import Caller
from tests.support import factories, scenes
from tests.support.client import Api, problems
from tests.support.granted import granted

BEFORE, MOVED = "2013-01-31", "2013-02-01"


class _County:
    """Two towns below a county; the branches, the leader and the unit of one have done things."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def made(self) -> "_County":
        api = self.api
        self.root = await factories.root(api)
        self.county = await factories.unit(api, self.root)
        # Of two sectors: each leader of then is counted in that of the town that they led.
        self.old, self.new = [
            await factories.unit(api, self.county, sector=sector) for sector in ("organ", "rural")
        ]
        self.village = await factories.unit(api, self.old)
        self.branches = (
            await factories.branch(api, self.old),
            await factories.branch(api, self.village),
            await factories.branch(api, self.new, sector="rural"),
        )
        self.leader = await factories.leader(api, self.old, self.branches[0])
        self.campaign = await factories.campaign(api, self.root)
        for branch in self.branches[:2]:
            held = factories.activity(branch, self.campaign, topics=list(factories.TOPICS))
            await api.post("/v1/activities", held)
        await api.post("/v1/leader-records", factories.record(self.leader, self.campaign))
        return self

    async def progress(self, day: str, caller: Api | None = None) -> list[Any]:
        """The progress of the county and both towns, by what is below them and by sector."""
        return [
            await (caller or self.api).get(
                "/v1/progress", campaign_id=self.campaign["id"], unit_id=unit["id"],
                group_by=group_by, as_of=day,
            )
            for unit in (self.county, self.old, self.new)
            for group_by in ("children", "sector")
        ]  # fmt: skip

    async def owed(self, day: str, under: Any) -> dict[str, Any]:
        """What was owed on a day, without what tells of later changes."""
        rows = await self.api.all(
            "/v1/obligations", campaign_id=self.campaign["id"], under=under["id"], as_of=day
        )
        later = ("revision", "updated_at")
        return {row["id"]: {k: v for k, v in row.items() if k not in later} for row in rows}

    async def act(self, act: str, row: Any, body: Any = None, *, expect: int = 200) -> Any:
        path = f"/v1/{'branches' if 'unit_id' in row else 'units'}/{row['id']}"
        return await self.api.change("POST", f"{path}/{act}", body, of=path, expect=expect)

    async def transfer(self, body: Any, *, expect: int = 200) -> Any:
        path = f"/v1/leaders/{self.leader['id']}"
        return await self.api.change("POST", f"{path}/transfer", body, of=path, expect=expect)


@pytest.fixture
async def county(api: Api) -> _County:
    return await scenes.stage("county", api, _County(api).made)


@pytest.mark.parametrize("folded", [True, False])
async def test_before_a_merger_it_is_as_it_was(
    county: _County, backend: str, monkeypatch: pytest.MonkeyPatch, *, folded: bool
) -> None:
    """Whether few have changed, who are put right, or too many, so that all is added up.

    Of the pairs of this and `folded` each database has two, and both of them all.
    """
    if folded == (backend == "sqlite"):
        monkeypatch.setattr(changes, "MOST", 0)
    if folded:
        await county.api.fold()
    then = await county.progress(BEFORE)
    owed = [await county.owed(BEFORE, unit) for unit in (county.root, county.old, county.new)]
    assert owed[1]
    await county.act("merge", county.old, {"into_id": county.new["id"], "closed_on": MOVED})
    for _ in range(2):
        assert await county.progress(BEFORE) == then
        assert [await county.owed(BEFORE, u) for u in (county.root, county.old, county.new)] == owed
        after = await county.progress(MOVED)
        assert [told["groups"] for told in after] != [told["groups"] for told in then]
        await county.api.fold()
    # On the day of the merger the town was there for the last time, and nothing was overdue.
    yesterday = await county.progress(str(clock.today() - timedelta(days=1)))
    today = await county.progress(str(clock.today()))
    assert [told | {"as_of": day["as_of"]} for told, day in zip(today, yesterday, strict=True)] == (
        yesterday
    )


async def test_before_a_move_a_closing_and_a_reopening(county: _County) -> None:
    then, owed = await county.progress(BEFORE), await county.owed(BEFORE, county.root)
    to = {"parent_id": county.new["id"], "moved_on": MOVED}
    await county.act("move", county.village, to)
    one = county.branches[0]
    assert await county.progress(BEFORE) == then
    await county.act("close", one, {"closed_on": MOVED})
    assert await county.progress(BEFORE) == then
    assert await county.owed(BEFORE, county.root) == owed
    closed = await county.owed(MOVED, county.root)
    assert {o["status"] for o in closed.values() if o["subject"]["id"] == one["id"]} == {"met"}
    await county.act("reopen", one)
    yesterday = str(clock.today() - timedelta(days=1))
    assert await county.owed(yesterday, county.root) == closed | {
        id_: o | {"overdue": o["overdue"] or (o["due_on"] is not None and o["status"] == "open")}
        for id_, o in closed.items()
    }
    assert await county.owed(BEFORE, county.root) == owed


async def test_a_leader_is_counted_where_they_were(county: _County) -> None:
    yesterday = str(clock.today() - timedelta(days=1))
    then, owed = await county.progress(yesterday), await county.owed(yesterday, county.old)
    path = f"/v1/leaders/{county.leader['id']}"
    await county.api.change("PATCH", path, {"unit_id": county.new["id"], "branch_id": None})
    assert await county.progress(yesterday) == then
    assert await county.owed(yesterday, county.old) == owed
    await county.api.change("PATCH", path, {"active_to": BEFORE})
    told = await county.owed(yesterday, county.root)
    assert {o["status"] for o in told.values() if o["subject"]["id"] == path[-36:]} == {"met"}


async def test_a_transfer_has_its_day(county: _County) -> None:
    then, owed = await county.progress(BEFORE), await county.owed(BEFORE, county.old)
    leader = county.leader["id"]
    to = {"unit_id": county.new["id"], "branch_id": county.branches[2]["id"], "moved_on": MOVED}
    effect = await county.transfer({**to, "preview": True})
    assert (effect["leaders"], await county.owed(MOVED, county.old)) == (1, owed)
    moved = await county.transfer(to)
    assert (moved["unit_id"], moved["branch_id"]) == (to["unit_id"], to["branch_id"])
    assert await county.progress(BEFORE) == then
    assert await county.owed(BEFORE, county.old) == owed
    assert leader in {o["subject"]["id"] for o in owed.values()}
    there, gone = [await county.owed(MOVED, unit) for unit in (county.new, county.old)]
    theirs = {o["org_id"] for o in there.values() if o["subject"]["id"] == leader}
    assert theirs == {county.new["id"]}
    assert leader not in {o["subject"]["id"] for o in gone.values()}
    # The same again is no change, another day is not overlooked.
    assert (await county.transfer(to))["revision"] == moved["revision"]
    answer = await county.transfer({**to, "moved_on": BEFORE}, expect=422)
    assert problems(answer) == {("/moved_on", "posted_already")}


async def test_a_day_on_which_nobody_can_have_been_transferred(county: _County) -> None:
    api, path = county.api, f"/v1/leaders/{county.leader['id']}"
    tomorrow = str(clock.today() + timedelta(days=1))
    young = await factories.unit(api, county.county, opened_on=MOVED)
    small = await factories.branch(api, county.old, opened_on=MOVED)
    await api.change("PATCH", path, {"active_from": "2012-12-01"})
    for to, day, wrong in (
        ({"unit_id": county.new["id"]}, tomorrow, "starts_too_late"),
        ({"unit_id": county.new["id"]}, "2012-11-30", "ends_too_early"),
        ({"unit_id": young["id"]}, BEFORE, "ends_too_early"),
        ({"unit_id": county.old["id"], "branch_id": small["id"]}, BEFORE, "ends_too_early"),
    ):
        answer = await county.transfer({**to, "moved_on": day}, expect=422)
        assert problems(answer) == {("/moved_on", wrong)}
    await county.transfer({"unit_id": young["id"], "moved_on": MOVED})
    back = {"unit_id": county.old["id"]}
    answer = await county.transfer({**back, "moved_on": BEFORE}, expect=422)
    assert problems(answer) == {("/moved_on", "ends_too_early")}
    await api.change("PATCH", path, {"active_to": "2013-03-01"})
    answer = await county.transfer({**back, "moved_on": "2013-03-02"}, expect=422)
    assert problems(answer) == {("/moved_on", "starts_too_late")}
    await county.transfer({**back, "moved_on": "2013-03-01"})


async def test_nobody_holds_two_posts_at_a_unit_at_once(county: _County) -> None:
    api, path = county.api, f"/v1/leaders/{county.leader['id']}"
    second = {"unit_id": county.new["id"], "post": "兼任书记", "since": BEFORE}
    begun = await api.change("POST", f"{path}/second-posts", second, of=path)
    [post] = begun["data"]
    end = f"{path}/second-posts/{post['id']}/end"
    await api.change("POST", end, {"until": "2013-03-01"}, of=path)
    to = {"unit_id": county.new["id"]}
    answer = await county.transfer({**to, "moved_on": MOVED}, expect=422)
    assert problems(answer) == {("/moved_on", "ends_too_early")}
    await county.transfer({**to, "moved_on": "2013-03-01"})
    # Nor a second one where they still led: it begins on the day of the transfer, or later.
    back = {"unit_id": county.old["id"], "post": "兼任书记", "since": "2013-02-28"}
    answer = await api.change("POST", f"{path}/second-posts", back, of=path, expect=422)
    assert problems(answer) == {("/since", "ends_too_early")}
    back["since"] = "2013-03-01"
    await api.change("POST", f"{path}/second-posts", back, of=path)


async def test_who_was_founded_later_was_not_there(county: _County) -> None:
    then = await county.progress(BEFORE)
    young = await factories.branch(county.api, county.new, opened_on=MOVED)
    assert await county.progress(BEFORE) == then
    assert await county.progress(MOVED) != then
    assert not [o for o in (await county.owed(BEFORE, county.new)).values()
                if o["org_id"] == young["id"]]  # fmt: skip


async def test_who_is_founded_below_a_moved_unit_was_below_it_before(county: _County) -> None:
    """What is dated back behind the move of its unit stood where that stood: one after another."""
    await county.act("move", county.old, {"parent_id": county.root["id"], "moved_on": MOVED})
    late = await factories.unit(county.api, county.village, opened_on="2013-01-01")
    branch = await factories.branch(county.api, late, opened_on="2013-01-01")
    for unit in (county.county, county.old, county.village, late):
        there = await county.owed(BEFORE, unit)
        assert branch["id"] in {row["org_id"] for row in there.values()}
        asked = {"campaign_id": county.campaign["id"], "unit_id": unit["id"], "as_of": BEFORE}
        for group_by in ("children", "sector"):
            told = await county.api.get("/v1/progress", **asked, group_by=group_by)
            due = [sum(r["due"] for r in of["requirements"])
                   for of in (told, *told["groups"])]  # fmt: skip
            assert (due[0], sum(due[1:])) == (len(there), len(there)), (unit["name"], group_by)
    assert branch["id"] not in {
        row["org_id"] for row in (await county.owed(MOVED, county.county)).values()
    }


async def test_a_closed_campaign_stays_as_it_was_closed(county: _County) -> None:
    path = f"/v1/campaigns/{county.campaign['id']}"
    await county.api.change("POST", f"{path}/close", of=path)
    then = await county.progress(BEFORE)
    to = {"unit_id": county.new["id"], "moved_on": MOVED}
    await county.act("move", county.branches[0], to)
    assert await county.progress(BEFORE) == then


async def test_what_has_left_ones_sight_is_one_nameless_group(county: _County) -> None:
    mine = await granted(county.api, county.old, "viewer")
    ask = {"campaign_id": county.campaign["id"], "unit_id": county.old["id"], "as_of": BEFORE}
    before = await mine.get("/v1/progress", **ask)
    to = {"parent_id": county.new["id"], "moved_on": MOVED}
    await county.act("move", county.village, to)
    answer = await mine.send("GET", "/v1/progress", expect=200, **ask)
    for secret in (county.village["id"], county.village["code"], county.village["name"]):
        assert secret not in answer.text
    told = answer.json()
    away = [group for group in told["groups"] if group["type"] == "moved_away"]
    known = [group for group in before["groups"] if group["id"] == county.village["id"]]
    assert len(away) == len(known) == 1
    for name in ("requirements", "counts"):
        assert away[0][name] == known[0][name]
        assert told[name] == before[name]
    rows = await mine.all("/v1/obligations", campaign_id=ask["campaign_id"], as_of=BEFORE)
    assert rows
    assert not [row for row in rows if row["org_id"] == county.village["id"]]


async def test_a_day_on_which_it_cannot_have_moved(county: _County, caller_at: Caller) -> None:
    to = {"parent_id": county.new["id"]}
    await county.act("move", county.village, to | {"moved_on": MOVED})
    back = {"parent_id": county.old["id"]}
    tomorrow = str(clock.today() + timedelta(days=1))
    answer = await county.act("move", county.village, back | {"moved_on": BEFORE}, expect=422)
    assert problems(answer) == {("/moved_on", "ends_too_early")}
    answer = await county.act("move", county.village, back | {"moved_on": tomorrow}, expect=422)
    assert problems(answer) == {("/moved_on", "starts_too_late")}
    # Where it is already, the same move again is no change, and another day is not overlooked.
    await county.act("move", county.village, to | {"moved_on": MOVED})
    answer = await county.act("move", county.village, to | {"moved_on": BEFORE}, expect=422)
    assert problems(answer) == {("/moved_on", "there_already")}
    answer = await county.api.get("/v1/obligations", as_of=BEFORE, expect=422)
    assert problems(answer) == {("?campaign_id", "campaign_needed")}
    nobody = await caller_at(Role.VIEWER, county.village)
    assert await nobody.all("/v1/obligations", as_of=BEFORE, campaign_id=factories.own_id()) == []
