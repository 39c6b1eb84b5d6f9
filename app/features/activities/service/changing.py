"""Changes of an activity: what it counted for is taken back, what it counts for now is given."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.activities import errors
from app.features.activities.queries import reading, writing
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn
from app.features.activities.service import checking, parts
from app.features.activities.service import credits as counted
from app.features.activities.service.answers import as_item, content, out
from app.features.activities.service.checking import Surroundings, TakenIds
from app.features.activities.service.creating import columns_of
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.counts.rules import UNSETTLED
from app.features.leader_records.service import derived
from app.features.submissions import service as reviews
from app.features.submissions.errors import IMMUTABLE
from app.features.submissions.rules import DONE, state_errors, weight
from app.kit.merge_patch import validated
from app.kit.problems import FieldError, Invalid
from app.models import Review


async def replace(
    session: AsyncSession, caller: Principal, whole: Whole, item: ActivityIn
) -> Whole:
    """Give an activity new content; its state stays."""
    status = whole.activity.status
    reviews.require_editable(status)
    around = await checking.surroundings(session, [item])
    problem = checking.problem_of(caller, item, around)
    own = TakenIds({f.id for f in whole.findings}, {o.id for o in whole.opinions})
    taken = await checking.taken_ids(session, [item], own)
    wrong = [*(problem.errors if problem else ()), *_part_errors(whole, item, taken)]
    wrong += attachment_rules.taken(item.attachment_ids, around.attachments, whole.activity.id)
    if wrong:
        raise Invalid(wrong)
    if problem:
        raise problem
    await parts.replace(session, whole, item)
    await attachments.reattach(session, "activity", whole.activity, item.attachment_ids)
    authors = reviews.written_by(caller, whole.activity.authors)
    values = columns_of(item) | {"status": status, "authors": authors}
    await writing.change(session, whole.activity.id, values)
    await _count_again(session, whole.activity.id, item, around, status)
    return await _changed(session, caller, whole, "updated", None)


async def move(
    session: AsyncSession,
    caller: Principal,
    whole: Whole,
    action: str,
    reason: str | None = None,
) -> Whole:
    """Submit or withdraw an activity."""
    status = reviews.moved(action, whole.activity.status)
    await reviews.require_open(session, whole.activity.campaign_id)
    item, around = await _as_it_is(session, whole)
    values: dict[str, Any] = {"status": status, "resubmit_by": None}
    if action == "submit":
        validated(ActivityIn, {**content(whole), "status": "submitted"})
        problem = checking.problem_of(caller, item, around)
        if problem:
            raise problem
        values["authors"] = reviews.written_by(caller, whole.activity.authors)
    await writing.change(session, whole.activity.id, values)
    await _count_again(session, whole.activity.id, item, around, status)
    return await _changed(session, caller, whole, DONE[action], reason)


async def review(session: AsyncSession, caller: Principal, whole: Whole, decision: Review) -> Whole:
    """Accept or return an activity; its leaders' records follow."""
    decision.record = "activity"
    status = await reviews.decide(session, caller, whole.activity, decision)
    item, around = await _as_it_is(session, whole)
    values = {"status": status, "resubmit_by": decision.resubmit_by}
    await writing.change(session, whole.activity.id, values)
    await _count_again(session, whole.activity.id, item, around, status)
    return await _changed(session, caller, whole, DONE[decision.decision], decision.reason)


async def delete(session: AsyncSession, whole: Whole) -> None:
    """Delete a draft."""
    activity = whole.activity
    reviews.moved("delete", activity.status)
    before = out(whole).model_dump_json()
    await attachments.release(session, activity)
    await writing.remove(session, activity.id)
    await events.record(
        session,
        events.Change(
            "activity.deleted", activity.id, activity.org_id, activity.revision + 1, before
        ),
    )


async def _as_it_is(session: AsyncSession, whole: Whole) -> tuple[ActivityIn, Surroundings]:
    item = as_item(whole, "submitted")
    return item, await checking.surroundings(session, [item])


async def _count_again(
    session: AsyncSession, activity_id: UUID, item: ActivityIn, around: Surroundings, status: str
) -> None:
    derivations = list(counted.derivations(activity_id, item, around, status))
    evidence, before = await derived.replace(session, [activity_id], derivations)
    evidence.append(counted.evidence(activity_id, item, around))
    worth = weight(status, around.campaigns[item.campaign_id].counts_from)
    await reviews.settle(session, [activity_id, *before], evidence, worth)


async def _changed(
    session: AsyncSession, caller: Principal, before: Whole, act: str, reason: str | None
) -> Whole:
    former = out(before)
    session.expire_all()
    whole = await reading.one(session, caller, former.id)
    step = reviews.Step("activity", act, former, out(whole), reason)
    await reviews.changed(session, former.org_id, step)
    return whole


def _part_errors(whole: Whole, item: ActivityIn, taken: TakenIds) -> list[FieldError]:
    """Return what must stay as it is, ids of other records' parts, findings not to be left out."""
    moved = [
        IMMUTABLE.at(f"/{name}")
        for name in ("org_id", "campaign_id")
        if getattr(item, name) != getattr(whole.activity, name)
    ]
    moved = [*moved, *state_errors(item.status, whole.activity.status)]
    return [*moved, *checking.part_id_errors(item, taken), *_finding_errors(whole, item)]


def _finding_errors(whole: Whole, item: ActivityIn) -> Iterator[FieldError]:
    """Yield errors for findings left out once rectification began or changed once reported done."""
    given = {part.id: (index, part) for index, part in enumerate(item.findings) if part.id}
    for finding in whole.findings:
        if finding.id not in given:
            if finding.status != "open":
                yield errors.FINDING_IN_PROGRESS.at("/findings", id=finding.id)
            continue
        index, part = given[finding.id]
        if finding.status not in UNSETTLED and parts.differs(finding, part):
            yield errors.FINDING_SETTLED.at(f"/findings/{index}", id=finding.id)
