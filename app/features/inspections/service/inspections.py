"""Inspections: entered by who inspected, answered by who was inspected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.db.unit_of_work import UnitOfWork
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.attachments.rules import Owner
from app.features.counts import service as counts
from app.features.inspections import queries
from app.features.inspections.errors import ANSWERED, NOT_BELOW
from app.features.inspections.rules import LIFE
from app.features.inspections.schemas import InspectionIn, InspectionState
from app.features.inspections.service import answers
from app.features.obligations.evidence import Evidence
from app.features.submissions import openness, references
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.errors import (
    IMMUTABLE,
    UNKNOWN_CAMPAIGN,
    UNKNOWN_ORGANIZATION,
    CampaignNotOpen,
    ExistsOtherwise,
)
from app.features.submissions.naming import take_own
from app.features.submissions.references import day_errors, existence_errors
from app.features.submissions.rules import Weight, of_changes, part_id_errors
from app.features.submissions.schemas import UNFILLED
from app.features.submissions.settling import settle
from app.kit import ids
from app.kit.ids import is_within
from app.kit.naming import sent_fields
from app.kit.problems import FieldError, Forbidden, Invalid
from app.models import FollowUp, Inspection

_COLUMNS: Final = tuple(name for name in sent_fields(InspectionIn) if name != "follow_ups")
_FIXED: Final = ("campaign_id", "unit_id", "org_id")


async def create(
    session: AsyncSession, caller: Principal, item: InspectionIn, own_id: UUID | None = None
) -> tuple[UUID, bool]:
    """Enter an inspection; return its id, and whether it is new."""
    item = await take_own(session, caller, item)
    files, path = await _check(session, caller, item)
    known = await _known(session, item, own_id)
    if known is not None:
        before = await build_content(session, known)
        part_ids = {part["id"] for part in before["follow_ups"]}
        same = _comparable(before) == _comparable(item.model_dump())
        if not same or not _given_ids(item) <= part_ids or own_id not in {None, known.id}:
            raise ExistsOtherwise
        return known.id, False
    taken = await queries.find_existing_follow_ups(session, _given_ids(item))
    _refuse(part_id_errors("/follow_ups", [part.id for part in item.follow_ups], taken))
    inspection_id = own_id or ids.new_id()
    _refuse(attachment_rules.taken(item.attachment_ids, files, inspection_id))
    values = {name: getattr(item, name) for name in _COLUMNS}
    await queries.add(session, {"id": inspection_id, **values, **ids.OrgRef.of(path).columns})
    inspection = await queries.get(session, caller, inspection_id)
    named = {inspection_id: (item.org_id, item.attachment_ids)}
    await attachments.attach(session, "inspection", named)
    await queries.put_follow_ups(session, inspection, _rows(item))
    await _settle(session, inspection)
    change = events.Change("inspection.created", inspection_id, item.org_id, 1)
    counts.insert_marks(session, [item.unit_id, item.org_id])
    await events.record(session, change)
    return inspection_id, True


async def _known(
    session: AsyncSession, item: InspectionIn, own_id: UUID | None
) -> Inspection | None:
    """Return the inspection that has the id or the natural key already, whoever sees it."""
    if own_id is not None and (by_id := await queries.by_id(session, own_id)):
        return by_id
    if item.source is None or item.external_id is None:
        return None
    return await queries.find_by_natural_key(session, item.org_id, item.source, item.external_id)


async def replace(
    session: AsyncSession, caller: Principal, inspection: Inspection, item: InspectionIn
) -> None:
    """Correct an inspection; what was answered stays."""
    await _require(session, caller, inspection, "edit")
    known = (await queries.load_follow_ups(session, [inspection.id]))[inspection.id]
    wrong = [
        IMMUTABLE.at(f"/{name}")
        for name in _FIXED
        if getattr(item, name) not in {getattr(inspection, name), UNFILLED}
    ]
    others = _given_ids(item).difference(row.id for row in known)
    taken = await queries.find_existing_follow_ups(session, others)
    wrong += part_id_errors("/follow_ups", [part.id for part in item.follow_ups], taken)
    wrong += _follow_up_errors(known, item)
    _refuse(item.tell(wrong))
    files, _ = await _check(session, caller, item, inspection)
    _refuse(attachment_rules.taken(item.attachment_ids, files, inspection.id))
    before = await answers.build_state(session, inspection)
    await attachments.reattach(session, "inspection", inspection, item.attachment_ids)
    await queries.put_follow_ups(session, inspection, _rows(item))
    await queries.change(session, inspection, {name: getattr(item, name) for name in _COLUMNS})
    await record_change(session, inspection, before, "updated")


async def withdraw(
    session: AsyncSession, caller: Principal, inspection: Inspection, reason: str | None
) -> None:
    """Take back an inspection that was entered by mistake."""
    await _require(session, caller, inspection, "withdraw")
    await openness.require_open(session, inspection.campaign_id)
    before = await answers.build_state(session, inspection)
    await queries.change(session, inspection, {"status": "withdrawn"})
    await record_change(session, inspection, before, "withdrawn", reason)


async def build_content(session: AsyncSession, inspection: Inspection) -> dict[str, Any]:
    """Return an inspection in the form in which it is sent."""
    rows = (await queries.load_follow_ups(session, [inspection.id]))[inspection.id]
    parts = [{"id": row.id, "what": row.what, "due_on": row.due_on} for row in rows]
    return {name: getattr(inspection, name) for name in _COLUMNS} | {"follow_ups": parts}


async def _check(
    session: AsyncSession, caller: Principal, item: InspectionIn, before: Inspection | None = None
) -> tuple[Mapping[UUID, Owner], str]:
    """Raise everything that is wrong with an inspection.

    Else return whose the named files are, and the path of the inspected organization.
    """
    found = await references.load_organizations(session, caller, {item.org_id, item.unit_id})
    organization, unit = found.get(item.org_id), found.get(item.unit_id)
    campaign = (await references.load_campaigns(session, {item.campaign_id})).get(item.campaign_id)
    files = await attachments.lock_owners(session, item.attachment_ids)
    sides = {item.org_id, item.unit_id}
    wrong = list(attachment_rules.unknown(item.attachment_ids, files, sides))
    if unit is None:
        wrong += [UNKNOWN_ORGANIZATION.at("/unit_id")] if item.unit_id != UNFILLED else []
    else:
        absent = existence_errors("/held_on", item.held_on, unit)
        wrong += of_changes(absent, before, item)
    if organization is None:
        wrong += [UNKNOWN_ORGANIZATION.at("/org_id")] if item.org_id != UNFILLED else []
    elif unit and (unit.id == organization.id or not is_within(organization.path, unit.path)):
        wrong.append(NOT_BELOW.at("/org_id"))
    if campaign is None or (unit and not is_within(unit.path, campaign.path)):
        wrong += [UNKNOWN_CAMPAIGN.at("/campaign_id")] if item.campaign_id != UNFILLED else []
    else:
        wrong += of_changes(day_errors("/held_on", item.held_on, campaign), before, item)
    wrong = item.tell(wrong)
    if wrong or unit is None or organization is None or campaign is None:
        raise Invalid(wrong)
    if not (caller.may(Power.REPORT, unit.path) or caller.may(Power.REVIEW, unit.path)):
        raise Forbidden
    if campaign.status != "open":
        raise CampaignNotOpen(status=campaign.status)
    return files, organization.path


def _refuse(wrong: Iterable[FieldError]) -> None:
    found = list(wrong)
    if found:
        raise Invalid(found)


def _follow_up_errors(before: Sequence[FollowUp], item: InspectionIn) -> Iterator[FieldError]:
    given = {part.id: (index, part) for index, part in enumerate(item.follow_ups) if part.id}
    for row in before:
        if row.answer is None:
            continue
        if row.id not in given:
            yield ANSWERED.at("/follow_ups")
            continue
        index, part = given[row.id]
        if (part.what, part.due_on) != (row.what, row.due_on):
            yield ANSWERED.at(f"/follow_ups/{index}")


async def _require(
    session: AsyncSession, caller: Principal, inspection: Inspection, action: str
) -> None:
    paths = await review_queries.load_paths(session, answers.parties(inspection))
    if LIFE[action].by not in answers.caller_roles(caller, inspection, paths):
        raise Forbidden
    reviews.judge_move(action, inspection.status, LIFE)


def _rows(item: InspectionIn) -> list[dict[str, Any]]:
    return [
        {"id": part.id or ids.new_id(), "number": n, "what": part.what, "due_on": part.due_on}
        for n, part in enumerate(item.follow_ups, start=1)
    ]


def _given_ids(item: InspectionIn) -> set[UUID]:
    return {part.id for part in item.follow_ups if part.id is not None}


def _comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes two sendings the same: everything but the ids of what must follow."""
    parts = [(part["what"], part["due_on"]) for part in values["follow_ups"]]
    return {**values, "follow_ups": parts}


def build_evidence(inspection: Inspection) -> Evidence:
    """Return an inspection as the ledger sees it."""
    return Evidence(
        record="inspection",
        source_id=inspection.id,
        campaign_id=inspection.campaign_id,
        kind="inspection",
        day=inspection.held_on,
        subjects=frozenset({inspection.unit_id}),
    )


async def _settle(session: AsyncSession, inspection: Inspection) -> None:
    weight = Weight.COUNTED if inspection.status == "submitted" else Weight.NOTHING
    await settle(session, [inspection.id], [build_evidence(inspection)], weight)


async def record_change(
    session: AsyncSession,
    inspection: Inspection,
    before: InspectionState,
    act: str,
    reason: str | None = None,
    *,
    follow_up_id: UUID | None = None,
) -> None:
    """Keep what an inspection was, and tell what became of it, or of one thing that must follow."""
    if follow_up_id is None:
        await _settle(session, inspection)
    told = {} if follow_up_id is None else {"follow_up_id": str(follow_up_id)}
    after = await answers.build_state(session, inspection)
    other = inspection.answering_org_id
    step = reviews.Step("inspection", act, before, after, reason, told, other)
    await reviews.record_changes(session, inspection.org_id, step)
    handlers = {part.handler_org_id for part in after.follow_ups} - {None, inspection.org_id, other}
    kind = f"inspection.{act}"
    await events.record(
        session,
        *(
            events.Change(kind, after.id, org_id, after.revision, data=told or None)
            for org_id in sorted(org_id for org_id in handlers if org_id is not None)
        ),
    )
    counts.insert_marks(session, [inspection.unit_id, inspection.org_id])
    await UnitOfWork.of(session).flush()
