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
from app.features.activities.service.answers import as_item, build_answer, build_content
from app.features.activities.service.checking import TakenIds
from app.features.activities.service.creating import build_columns
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.findings import parties
from app.features.findings.rules import change_errors
from app.features.leader_records.service import derived
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.errors import IMMUTABLE
from app.features.submissions.references import References
from app.features.submissions.rules import DONE, Side, state_errors, weight
from app.kit.merge_patch import validate
from app.kit.problems import FieldError, Invalid
from app.models import Review
from app.models.deadlines import UNSETTLED


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
    await parts.replace(session, whole, item)
    await attachments.reattach(session, "activity", whole.activity, item.attachment_ids)
    authors = reviews.add_author(caller, whole.activity.authors)
    values = build_columns(item) | {"status": status, "authors": authors}
    await writing.change(session, whole.activity.id, values)
    await _count_again(session, whole.activity.id, item, refs, status)
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
    await reviews.require_open(session, whole.activity.campaign_id, or_settling=back)
    item, refs = await _as_it_is(session, whole)
    values: dict[str, Any] = {"status": status, "resubmit_by": None}
    if action == "submit":
        validate(ActivityIn, {**build_content(whole), "status": "submitted"})
        problem = checking.problem_of(caller, item, refs, returned=back)
        if problem:
            raise problem
        values["authors"] = reviews.add_author(caller, whole.activity.authors)
    await writing.change(session, whole.activity.id, values)
    await _count_again(session, whole.activity.id, item, refs, status)
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
    session: AsyncSession, activity_id: UUID, item: ActivityIn, refs: References, status: str
) -> None:
    derivations = list(counted.derive_records(activity_id, item, refs, status))
    evidence, before = await derived.replace(session, [activity_id], derivations)
    evidence.append(counted.build_evidence(activity_id, item, refs))
    worth = weight(status, refs.campaigns[item.campaign_id].counts_from)
    await reviews.settle(session, [activity_id, *before], evidence, worth)


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
        for name in ("org_id", "campaign_id")
        if getattr(item, name) != getattr(whole.activity, name)
    ]
    moved = [*moved, *state_errors(item.status, whole.activity.status)]
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
