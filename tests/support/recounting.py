"""An independent recount of the ledger: row by row, with none of its rules."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import (
    Activity,
    Campaign,
    Finding,
    Leader,
    LeaderRecord,
    Obligation,
    Organization,
    Participant,
    Requirement,
    SecondPost,
)
from tests.support.periods import cut, every_day

Owed = dict[tuple[UUID, UUID, date | None], tuple[Any, ...]]


async def recount(session: AsyncSession) -> Owed:
    """What the ledger must say, by `(requirement, subject, first day of the period)`.

    Worked out row by row in Python.
    """
    organizations = await everything(session, Organization)
    leaders = await everything(session, Leader)
    posts = sorted(
        (p for p in (await everything(session, SecondPost)).values() if p.until is None),
        key=lambda post: (post.since, post.id),
    )
    activities = await standing(session, Activity)
    records = await standing(session, LeaderRecord)
    findings = list((await everything(session, Finding)).values())
    took_part = {
        (p.activity_id, p.leader_id) for p in (await session.execute(select(Participant))).scalars()
    }
    campaigns = await everything(session, Campaign)
    expected: Owed = {}
    for r in (await everything(session, Requirement)).values():
        if not r.active:
            continue
        scope = organizations[r.org_id]
        subjects = leaders if r.subject == "leader" else organizations
        for subject in subjects.values():
            if r.subject not in {"leader", getattr(subject, "type", None)}:
                continue
            homes = places(subject, organizations, posts)
            home = next((home for home in homes if reached(r, scope, home)), None)
            if home is None:
                continue
            done = [
                a.held_on
                for a in activities
                if counts(r, subject, a, took_part)
                and is_all_that_is_asked(r.evidence, a, held_in(r, activities), findings)
            ] + [x.done_on for x in records if of_leader(r, subject, x)]
            ended = ended_on(r, subject, home)
            there = sorted(day for day in done if existed(subject, day))
            for first, last in days_there(r, campaigns[r.campaign_id], subject):
                days = [day for day in there if not first or first <= day <= last]
                if ended is None or len(days) >= r.min_count:
                    due_on = last if first else r.due_on
                    expected[r.id, subject.id, first] = (home.id, *of_days(r, days), due_on)
    return expected


def ended_on(r: Requirement, subject: Any, home: Organization) -> date | None:
    """The day on which a subject is there no longer, to whom it is owed."""
    if r.subject != "leader":
        return home.closed_on
    return subject.active_to or (home.closed_on if home.id != subject.org_id else None)


def of_days(r: Requirement, days: list[date]) -> tuple[str, int, date | None]:
    """Status, count and day on which it was met, by the days of what counts."""
    met = len(days) >= r.min_count
    return "met" if met else "open", len(days), days[r.min_count - 1] if met else None


def days_there(r: Requirement, campaign: Campaign, subject: Any) -> list[tuple[Any, Any]]:
    """The periods on some day of which the subject was there."""
    return [
        (first, last)
        for first, last in days_of(r, campaign)
        if not first or any(existed(subject, day) for day in every_day(first, last))
    ]


def days_of(r: Requirement, campaign: Campaign) -> list[tuple[Any, Any]]:
    """First and last day of each period, one without days for what is owed once."""
    if r.every is None:
        return [(None, None)]
    first, last = r.opens_on or campaign.starts_on, r.due_on or campaign.ends_on
    assert last is not None, "a history has an end"
    return [*cut(r.every, first, last)]


def places(
    subject: Any, organizations: dict[UUID, Organization], posts: list[SecondPost]
) -> list[Any]:
    """Where a subject may owe something: a leader at their posts, the main one first."""
    if not isinstance(subject, Leader):
        return [subject]
    second = [post.unit_id for post in posts if post.leader_id == subject.id]
    return [organizations[id_] for id_ in (subject.org_id, *second)]


def reached(r: Requirement, scope: Organization, home: Organization) -> bool:
    reach = {
        "subtree": home.path.startswith(scope.path),
        "self": home.id == scope.id,
        "direct_reporters": home.parent_id == scope.id,
    }[r.applies_to["scope"]]
    return reach and (not r.applies_to["sectors"] or home.sector in r.applies_to["sectors"])


def existed(subject: Any, day: date) -> bool:
    """Return whether a subject was there on a day: nothing of another day counts."""
    leads = isinstance(subject, Leader)
    first = subject.active_from if leads else subject.opened_on
    last = subject.active_to if leads else subject.closed_on
    return (first is None or first <= day) and (last is None or day <= last)


def counts(r: Requirement, subject: Any, a: Activity, took_part: set[tuple[UUID, UUID]]) -> bool:
    if r.evidence["record"] != "activity" or a.kind not in r.evidence["kinds"]:
        return False
    if r.campaign_id not in a.campaign_ids:
        return False
    if not set(r.evidence["topics"]) <= set(a.topics):
        return False
    if r.subject == "leader":
        return a.org_id == subject.branch_id and (a.id, subject.id) in took_part
    return bool(a.org_id == subject.id)


def held_in(r: Requirement, activities: list[Activity]) -> list[Activity]:
    """Return the activities that count in a requirement's campaign."""
    return [a for a in activities if r.campaign_id in a.campaign_ids]


def is_all_that_is_asked(
    asked: dict[str, Any], a: Activity, activities: list[Activity], findings: list[Finding]
) -> bool:
    """Return whether an activity does what is asked of it beside its kind and its topics."""
    if asked.get("talk_modes") and a.talk_mode not in asked["talk_modes"]:
        return False
    if not set(asked.get("methods", ())) <= set(a.methods):
        return False
    present = (asked.get("details") or {}).get("members_present")
    if present and not present["min"] <= (a.members_present or 0) <= present["max"]:
        return False
    if window := asked.get("window"):
        days = range(((a.ended_on or a.held_on) - a.held_on).days + 1)
        held = {(a.held_on + timedelta(days=n)).isoformat() for n in days}
        if not any(window["from"] <= day <= window["to"] for day in held):
            return False
    if found := asked.get("findings"):
        here = [f for f in findings if a.id in {f.activity_id, f.from_activity_id}]
        if sum(f.measure is not None or not found["with"] for f in here) < found["min"]:
            return False
    before = asked.get("preceded_by")
    return not before or any(
        b is not a
        and b.org_id == a.org_id
        and 0 <= (a.held_on - b.held_on).days <= before.get("within_days", 10_000)
        and before.get("kind", b.kind) == b.kind
        and ("method" not in before or before["method"] in b.methods)
        for b in activities
    )


def of_leader(r: Requirement, subject: Any, x: LeaderRecord) -> bool:
    return (
        r.evidence["record"] == "leader_record"
        and r.campaign_id == x.campaign_id
        and x.item in r.evidence["kinds"]
        and bool(x.leader_id == subject.id)
    )


async def standing(session: AsyncSession, kind: Any) -> list[Any]:
    """The activities or the leader records that count."""
    rows = (await everything(session, kind)).values()
    return [row for row in rows if row.status in {"submitted", "accepted"}]


async def everything(session: AsyncSession, kind: Any) -> dict[UUID, Any]:
    return {row.id: row for row in (await session.execute(select(kind))).scalars()}


async def ledger(session: AsyncSession) -> Owed:
    rows = (await session.execute(select(Obligation))).scalars().all()
    keys = [(o.requirement_id, o.subject_id, o.period_id) for o in rows]
    assert len(keys) == len(set(keys)), "an obligation stands twice"
    return {
        (o.requirement_id, o.subject_id, o.opens_on if o.period_id.int else None): (
            o.org_id, o.status, o.count, o.met_on, o.due_on,
        )
        for o in rows
        if o.status != "void"
    }  # fmt: skip
