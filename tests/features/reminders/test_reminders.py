"""Reminders: what is due soon, overdue, escalated; each once; "promptly" and returned never."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.features.reminders import jobs
from app.features.reminders.rules import (
    ESCALATION_DAYS,
    SOON_DAYS,
    reminder_id,
    spans,
    stage,
)
from app.kit import clock
from app.kit.ids import new_id
from app.models import Activity, Event, Obligation, Reminder
from app.models.vocabulary import ReminderStage
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place, review

DAY = date(2013, 2, 10)


def day(after: int) -> str:
    return str(clock.today() + timedelta(days=after))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-SOON_DAYS - 1, None),
        (-SOON_DAYS, ReminderStage.DUE_SOON),
        (0, ReminderStage.DUE_SOON),
        (1, ReminderStage.OVERDUE),
        (ESCALATION_DAYS - 1, ReminderStage.OVERDUE),
        (ESCALATION_DAYS, ReminderStage.ESCALATED),
        (4000, ReminderStage.ESCALATED),
    ],
)
def test_stages(days: int, expected: ReminderStage | None) -> None:
    assert stage(DAY, DAY + timedelta(days=days)) == expected


@pytest.mark.parametrize(
    "stages",
    [set(), *({at} for at in ReminderStage), {*list(ReminderStage)[:2]}, set(ReminderStage)],
)
def test_days_of_stages(stages: set[ReminderStage]) -> None:
    found = spans(stages, DAY)
    for after in range(-20, 5):
        due_on = DAY + timedelta(days=after)
        inside = [
            first is None or first <= due_on <= last for first, last in found if due_on <= last
        ]
        assert any(inside) == (stage(due_on, DAY) in stages)
    assert len(found) <= 1


def test_the_same_reminder_has_the_same_id() -> None:
    record_id = new_id()
    ids = {reminder_id(record_id, DAY, at) for at in ReminderStage for _ in range(2)}
    assert len(ids) == len(ReminderStage)


async def test_each_source_at_each_stage(place: Place, api: Api) -> None:
    finding = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"],
               "check": "methods", "description": "方法单一"}  # fmt: skip
    near = await api.post("/v1/findings", {**finding, "due_on": day(SOON_DAYS)})
    late = await api.post("/v1/findings", {**finding, "due_on": day(-1)})
    worst = await api.post("/v1/findings", {**finding, "due_on": day(-ESCALATION_DAYS)})
    for never in ({"due_on": day(SOON_DAYS + 1)}, {}, {"due_on": day(-9), "nature": "long_term"}):
        await api.post("/v1/findings", finding | never)
    inspection = await api.post(
        "/v1/inspections",
        {
            "campaign_id": place.campaign["id"], "unit_id": place.unit["id"],
            "org_id": place.branch["id"], "held_on": factories.DAY, "seen": "…",
            "follow_ups": [{"what": "补走访", "due_on": day(-2)}, {"what": "及时报"}],
        },
    )  # fmt: skip
    follow_up = inspection["follow_ups"][0]

    unit, branch = place.unit["id"], place.branch["id"]
    found = await place.reporter.all("/v1/reminders", org_id=branch)

    assert [(r["record_id"], r["stage"], r["addressed_to"], r["days_overdue"]) for r in found] == [
        (worst["id"], "escalated", [branch, unit], ESCALATION_DAYS),
        (follow_up["id"], "overdue", [branch], 2),
        (late["id"], "overdue", [branch], 1),
        (near["id"], "due_soon", [branch], 0),
    ]
    assert found[1]["inspection_id"] == inspection["id"]
    assert len(await api.all("/v1/reminders", kind="follow_up")) == 1
    assert len(await api.all("/v1/reminders", stage="overdue", under=unit)) == 2
    assert await api.all("/v1/reminders", org_id=branch, sort="-due_on") == found[::-1]
    page = await api.get("/v1/reminders", org_id=branch, limit=1)
    more = await api.get("/v1/reminders", org_id=branch, limit=1, cursor=page["next_cursor"])
    assert [page["data"][0]["id"], more["data"][0]["id"]] == [r["id"] for r in found[:2]]
    elsewhere = await granted(api, await factories.unit(api, place.root), "viewer")
    assert await elsewhere.all("/v1/reminders", org_id=branch) == []
    assert not {r["org_id"] for r in await elsewhere.all("/v1/reminders")} & {branch, unit}
    answer = f"/v1/inspections/{inspection['id']}"
    path = f"{answer}/follow-ups/{follow_up['id']}/answer"
    await place.reporter.change("POST", path, {"answer": "已办"}, of=answer)
    assert await api.all("/v1/reminders", kind="follow_up") == []


async def test_promptly_is_never_overdue_and_returned_has_its_own_day(
    place: Place, api: Api
) -> None:
    # Every duty of the two notices is "promptly", but for what is done regularly, which is due by
    # the end of its half-year: nothing reminds of any other.
    regular = {r["code"] for r in place.campaign["requirements"] if r["every"]}
    assert regular == {"leadership-delegates-reception", "delegates-office-activity"}
    days = {o["id"]: o for o in await api.all("/v1/obligations") if o["due_on"]}
    assert {o["requirement_code"] for o in days.values()} <= regular
    reminded = await api.all("/v1/reminders")
    assert {r["record_id"] for r in reminded} <= days.keys()
    branch = place.branch["id"]
    assert await api.all("/v1/reminders", org_id=branch) == []
    await set_due(api, place.branch, DAY)
    owed = await api.all("/v1/reminders", kind="obligation", org_id=branch)
    assert {r["org_id"] for r in owed} == {branch}
    assert {r["stage"] for r in owed} == {"escalated"}

    made = await place.activity(topics=list(factories.TOPICS))
    left = len(await api.all("/v1/reminders", kind="obligation", org_id=branch))
    assert left < len(owed)
    path = f"/v1/activities/{made['id']}"
    back = review(made, "return", reason="补", resubmit_by=day(1))
    await place.reviewer.post(f"{path}/reviews", back)

    assert len(await api.all("/v1/reminders", kind="obligation", org_id=branch)) == left
    (again,) = await api.all("/v1/reminders", kind="resubmission")
    assert (again["record"], again["record_id"], again["stage"]) == (
        "activity", made["id"], "due_soon",
    )  # fmt: skip
    async with api.database.writing() as session:
        values = update(Activity).values(resubmit_by=clock.today() - timedelta(days=1))
        await session.execute(values)
    (again,) = await api.all("/v1/reminders", kind="resubmission")
    assert again["stage"] == "overdue"
    await place.reporter.change("POST", f"{path}/submission", of=path)
    assert await api.all("/v1/reminders", kind="resubmission") == []


@pytest.mark.parametrize("step", [1, 2, 1000])
async def test_reminders_are_sent_once_and_again_when_they_grow(
    place: Place, api: Api, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(jobs, "_STEP", step)
    branch = place.branch["id"]
    await set_due(api, place.branch, clock.today() - timedelta(days=1))

    async def send() -> list[Any]:
        """Send; return what the branch has been told. Its unit is told of its own at once."""
        async with api.database.writing() as session:
            await jobs.look_for_due(session)
            await jobs.look_for_due(session)
        await api.work()
        async with api.database.reading() as session:
            kinds = select(Event.data).where(Event.type == "reminder.created")
            told = (await session.execute(kinds.order_by(Event.position))).scalars()
            return [each for each in told if each["addressed_to"][0] == branch]

    shown = await api.all("/v1/reminders", org_id=branch)
    first = await send()
    assert len(first) == len(shown) > 0
    assert {e["stage"] for e in first} == {"overdue"}
    assert await send() == first
    async with api.database.reading() as session:
        ids = select(Reminder.id).where(Reminder.org_id == UUID(branch))
        kept = set((await session.execute(ids)).scalars())
    assert kept == {UUID(r["id"]) for r in shown}

    await set_due(api, place.branch, clock.today() - timedelta(days=ESCALATION_DAYS))
    second = (await send())[len(first) :]
    assert len(second) == len(first)
    assert all(e["addressed_to"] == [branch, place.unit["id"]] for e in second)


async def set_due(api: Api, org: Any, due_on: date) -> None:
    """Give what an organization owes a day, behind the service's back."""
    async with api.database.writing() as session:
        rows = update(Obligation).where(Obligation.org_id == UUID(org["id"]))
        await session.execute(rows.values(due_on=due_on))


async def test_one_meeting_asked_for_by_three_levels_is_one_reminder(api: Api) -> None:
    root = await factories.root(api)
    district = await factories.unit(api, root)
    town = await factories.unit(api, district)
    branch = await factories.branch(api, town)
    made = await factories.campaign(
        api, root, starts_on=day(-90), ends_on=day(300), notice_days=None, opened=False
    )
    path = f"/v1/campaigns/{made['id']}/requirements"
    kind = "study_session"
    evidence = {"record": "activity", "kinds": [kind]}
    asked = {"title": "集中学习", "subject": "branch", "evidence": evidence}
    for code, unit, more in (
        ("root", root, {"due_on": day(-2)}),
        ("district", district, {"due_on": day(-1)}),
        ("town", town, {"due_on": day(1), "min_count": 2}),
        ("aside", town, {"due_on": day(1), "evidence": {**evidence, "kinds": ["visit"]}}),
    ):
        await api.post(path, {**asked, "code": code, "issued_by_unit_id": unit["id"]} | more)
    await factories.open_campaign(api, made)

    async def reminded() -> list[tuple[str, str]]:
        owed = {row["id"]: row for row in await api.all("/v1/obligations", org_id=branch["id"])}
        listed = await api.all("/v1/reminders", org_id=branch["id"])
        return [(owed[row["record_id"]]["requirement_code"], row["stage"]) for row in listed]

    assert await reminded() == [("root", "overdue"), ("aside", "due_soon")]
    assert await told(api, branch) == 2
    await api.post("/v1/activities", factories.activity(branch, made, kind, held_on=day(-2)))
    # What is still owed of it is reminded of by its own day.
    assert sorted(await reminded()) == [("aside", "due_soon"), ("town", "due_soon")]
    assert await told(api, branch) == 3


async def told(api: Api, org: Any) -> int:
    """Send what is to be sent; return how many reminders an organization has had."""
    async with api.database.writing() as session:
        await jobs.look_for_due(session)
    await api.work()
    async with api.database.reading() as session:
        statement = select(Reminder.id).where(Reminder.org_id == UUID(org["id"]))
        return len((await session.execute(statement)).all())
