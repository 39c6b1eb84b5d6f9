"""Changes of an activity: what it counted for is taken back, what it counts for now is given."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.db.unit_of_work import UnitOfWork
from app.features.activities import errors
from app.features.activities.queries import reading, writing
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn
from app.features.activities.service import checking, parts
from app.features.activities.service import credits as counted
from app.features.activities.service.answers import as_item, build_answer, build_content
from app.features.activities.service.checking import TakenIds
from app.features.activities.service.creating import build_columns
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.findings import parties
from app.features.findings.rules import change_errors
from app.features.leader_records.service import derived
from app.features.obligations import service as obligations
from app.features.submissions import openness
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.errors import IMMUTABLE, CampaignNotOpen
from app.features.submissions.references import References
from app.features.submissions.reviewing import review_each
from app.features.submissions.rules import (
    DONE,
    Side,
    Weight,
    is_live,
    stage_of,
    state_errors,
    weight,
)
from app.features.submissions.schemas import UNFILLED, ReviewItem
from app.features.submissions.settling import settle_each
from app.http.batches import ItemResult
from app.kit.merge_patch import validate
from app.kit.problems import FieldError, Invalid, Problem
from app.models import Review
from app.models.deadlines import UNSETTLED

_CAMPAIGNS: Final = frozenset({"campaign_id", "campaign_ids", "campaign_code"})


def leave_campaigns(content: Mapping[str, Any], given: BaseModel) -> Mapping[str, Any]:
    """Return the content that a patch is merged into: either form of the campaigns is all."""
    if _CAMPAIGNS.isdisjoint(given.model_fields_set):
        return content
    return {name: value for name, value in content.items() if name not in _CAMPAIGNS}


async def replace(
    session: AsyncSession, caller: Principal, whole: Whole, item: ActivityIn
) -> Whole:
    """Give an activity new content; its state stays."""
    status = whole.activity.status
    reviews.require_editable(status)
    item = parts.recognize(whole, item)
    refs = await checking.load_references(session, [item])
    back, before = status == "returned", as_item(whole)
    problem = checking.problem_of(caller, item, refs, before, returned=back)
    own = TakenIds({f.id for f in whole.findings}, {o.id for o in whole.opinions})
    taken = await checking.find_taken_ids(session, [item], own)
    wrong = [*(problem.errors if problem else ()), *_part_errors(whole, item, taken)]
    wrong += _finding_errors(whole, item, parties.find_roles(caller, await _path(session, whole)))
    wrong += attachment_rules.taken(item.attachment_ids, refs.attachments, whole.activity.id)
    if wrong:
        raise Invalid(wrong)
    if problem:
        raise problem
    await parts.replace(session, whole, item, refs)
    await attachments.reattach(session, "activity", whole.activity, item.attachment_ids)
    authors = reviews.add_author(caller, whole.activity.authors)
    values = build_columns(item) | {"status": status, "authors": authors}
    left = await _left(session, whole, item)
    await _relink(session, whole, values)
    await writing.change(session, whole.activity.id, values)
    await _count_again(session, whole.activity.id, item, refs, status, left)
    return await _changed(session, caller, whole, "updated", None)


async def move(
    session: AsyncSession,
    caller: Principal,
    whole: Whole,
    action: str,
    reason: str | None = None,
) -> Whole:
    """Submit or withdraw an activity."""
    status = reviews.judge_move(action, whole.activity.status)
    back = action == "submit" and whole.activity.status == "returned"
    await openness.require_all_open(session, whole.activity, or_settling=back)
    item, refs = await _as_it_is(session, whole)
    values: dict[str, Any] = {"status": status, "resubmit_by": None}
    if action == "submit":
        validate(ActivityIn, {**build_content(whole), "status": "submitted"})
        problem = checking.problem_of(caller, item, refs, returned=back)
        if problem:
            raise problem
        values["authors"] = reviews.add_author(caller, whole.activity.authors)
    shown = parts.tell(whole, DONE[action]) if whole.activity.status == "draft" else []
    await writing.change(session, whole.activity.id, values)
    await _count_again(session, whole.activity.id, item, refs, status)
    await events.record(session, *shown)
    return await _changed(session, caller, whole, DONE[action], reason)


async def review(session: AsyncSession, caller: Principal, whole: Whole, decision: Review) -> Whole:
    """Accept or return an activity; its leaders' records follow."""
    decision.record = "activity"
    status = await reviews.decide(session, caller, whole.activity, decision)
    item, refs = await _as_it_is(session, whole)
    values = {"status": status, "resubmit_by": decision.resubmit_by}
    await writing.change(session, whole.activity.id, values)
    await _count_again(session, whole.activity.id, item, refs, status)
    return await _changed(session, caller, whole, DONE[decision.decision], decision.reason)


async def review_all(
    session: AsyncSession, caller: Principal, items: Mapping[int, ReviewItem]
) -> tuple[dict[int, ItemResult], dict[int, Problem]]:
    """Decide on several activities, each by itself; return results and problems by index."""
    await reading.lock_all(session, caller, {item.id for item in items.values()})

    async def one(item: ReviewItem) -> tuple[UUID, int]:
        whole = await reading.get_for_update(session, caller, item.id, Power.VIEW)
        decision = Review(**item.model_dump(exclude={"id"}))
        whole = await review(session, caller, whole, decision)
        return whole.activity.id, whole.activity.revision

    return await review_each(items, one)


async def delete(session: AsyncSession, whole: Whole) -> None:
    """Delete a draft."""
    activity = whole.activity
    reviews.judge_move("delete", activity.status)
    before = build_answer(whole).model_dump_json()
    await attachments.release(session, activity)
    await parts.remove(session, [*whole.findings, *whole.opinions])
    await writing.remove(session, activity.id)
    await events.record(
        session,
        events.Change(
            "activity.deleted", activity.id, activity.org_id, activity.revision + 1, before
        ),
    )


async def _as_it_is(session: AsyncSession, whole: Whole) -> tuple[ActivityIn, References]:
    item = as_item(whole, "submitted")
    return item, await checking.load_references(session, [item])


async def _count_again(
    session: AsyncSession,
    activity_id: UUID,
    item: ActivityIn,
    refs: References,
    status: str,
    left: Collection[UUID] = (),
) -> None:
    """Let the ledger follow in each campaign that still takes it, and in those `left` just now."""
    derivations = list(counted.derive_records(activity_id, item, refs, status))
    evidence, before = await derived.replace(session, [activity_id], derivations)
    own = counted.build_evidence(activity_id, item, refs)
    evidence += own
    live = {c.id for c in refs.campaigns.values() if is_live(stage_of(c.status, c.settle_until))}
    worth = {id_: weight(status, refs.campaigns[id_].counts_from) for id_ in live}
    weighed = [(each, worth[each.campaign_id]) for each in evidence if each.campaign_id in live]
    weighed += [(dataclasses.replace(own[0], campaign_id=id_), Weight.NOTHING) for id_ in left]
    within = None if live >= set(item.campaign_ids) and not left else {*live, *left}
    await settle_each(session, [activity_id, *before], weighed, within=within)
    if within is not None:
        # Of closed campaigns, too, it is told what it counts for: found out where it is asked for.
        obligations.discard(session, evidence)


async def _left(session: AsyncSession, whole: Whole, item: ActivityIn) -> set[UUID]:
    """Return the campaigns that a change takes an activity out of, but for closed ones.

    Of a closed one what was counted stays: raise unless nothing of it counts there.
    """
    gone = set(whole.activity.campaign_ids) - set(item.campaign_ids)
    if not gone:
        return gone
    stages = await review_queries.load_campaigns(session, gone)
    closed = {id_ for id_ in gone if not is_live(stages[id_][0])}
    found = {f.campaign_id for f in whole.findings} | {o.campaign_id for o in whole.opinions}
    if closed and (whole.activity.status == "submitted" or closed & found):
        raise CampaignNotOpen(status="closed")
    return gone - closed


async def _relink(session: AsyncSession, whole: Whole, values: Mapping[str, Any]) -> None:
    """Let an activity be found in the further campaigns that it has now."""
    before, after = whole.activity.further_campaign_ids, values["further_campaign_ids"]
    if before == after:
        return
    await writing.unlink(session, whole.activity.id)
    held = {"id": whole.activity.id, "org_id": whole.activity.org_id}
    writing.link(session, [{**held, "further_campaign_ids": after}])
    await UnitOfWork.of(session).flush()


async def _changed(
    session: AsyncSession, caller: Principal, before: Whole, act: str, reason: str | None
) -> Whole:
    former = build_answer(before)
    session.expire_all()
    whole = await reading.get(session, caller, former.id)
    step = reviews.Step("activity", act, former, build_answer(whole), reason)
    await reviews.record_changes(session, former.org_id, step)
    return whole


def _part_errors(whole: Whole, item: ActivityIn, taken: TakenIds) -> list[FieldError]:
    """Return what must stay as it is, ids of other records' parts, findings not to be left out."""
    moved = [
        IMMUTABLE.at(f"/{name}")
        for name, stays in (
            ("org_id", item.org_id in {whole.activity.org_id, UNFILLED}),
            (
                "campaign_id",
                not {*whole.activity.campaign_ids, UNFILLED}.isdisjoint(item.campaign_ids),
            ),
        )
        if not stays
    ]
    moved = [*item.point(moved), *state_errors(item.status, whole.activity.status)]
    return [*moved, *checking.part_id_errors(item, taken)]


def _finding_errors(whole: Whole, item: ActivityIn, sides: set[Side]) -> Iterator[FieldError]:
    """Yield errors for findings changed once reported done, and for what is not theirs to say."""
    known = {finding.id: finding for finding in whole.findings}
    reported = whole.activity.status != "draft"
    for index, part in enumerate(item.findings):
        finding = known.get(part.id) if part.id else None
        if finding is None or not parts.differs(finding, part):
            continue
        if finding.status not in UNSETTLED:
            yield errors.FINDING_SETTLED.at(f"/findings/{index}", id=finding.id)
            continue
        after = parts.content_of(part)
        before = {name: getattr(finding, name) for name in after}
        for wrong in change_errors(finding.origin, before, after, sides, reported=reported):
            yield wrong.below(f"/findings/{index}")


async def _path(session: AsyncSession, whole: Whole) -> str:
    return (await review_queries.load_paths(session, [whole.activity.org_id]))[
        whole.activity.org_id
    ]
