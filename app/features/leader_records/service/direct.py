"""Records submitted directly: articles, and what was done outside any recorded activity."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.campaigns import codes
from app.features.leader_records import queries
from app.features.leader_records.errors import DerivedRecord
from app.features.leader_records.schemas import EnteredBy, LeaderRecordIn, LeaderRecordOut
from app.features.leader_records.service import disputing
from app.features.obligations import service as obligations
from app.features.obligations.evidence import Evidence
from app.features.submissions import openness, references
from app.features.submissions import service as reviews
from app.features.submissions.defaulting import with_unfilled
from app.features.submissions.errors import (
    OWN_ENTRY,
    UNKNOWN_CAMPAIGN,
    UNKNOWN_LEADER,
    CampaignNotOpen,
    ExistsOtherwise,
)
from app.features.submissions.references import behalf_errors, day_errors, post_errors
from app.features.submissions.rules import (
    DONE,
    Weight,
    comes_in,
    handles,
    hands_in,
    of_changes,
    sent_before,
    stage_of,
    state_errors,
    weight,
)
from app.features.submissions.schemas import UNFILLED, Created
from app.features.submissions.settling import settle
from app.kit import clock, ids
from app.kit.naming import sent_fields
from app.kit.pacing import paced
from app.kit.problems import FieldError, Forbidden, Invalid, NotFound, Problem
from app.models import LeaderRecord, Review

_CONTENT = tuple(sent_fields(LeaderRecordIn))
_COMPARED = tuple(name for name in _CONTENT if name != "status")
"""What makes two sendings the same: the state of the first may have moved on since."""


async def create(
    session: AsyncSession,
    caller: Principal,
    items: Mapping[int, LeaderRecordIn],
    *,
    own_ids: Mapping[int, UUID] | None = None,
    unfilled: Mapping[int, Sequence[FieldError]] = MappingProxyType({}),
) -> tuple[dict[int, Created], dict[int, Problem]]:
    """Submit the records that are right; return them and the others' problems, each by index.

    `unfilled` is what was not sent and could not be told.
    """
    leaders = await references.load_leaders(session, {item.leader_id for item in items.values()})
    campaigns = await references.load_campaigns(
        session, {item.campaign_id for item in items.values()}
    )
    problems: dict[int, Problem] = {}
    rows: dict[int, dict[str, Any]] = {}
    async for index, item in paced(items.items()):
        leader, campaign = leaders.get(item.leader_id), campaigns.get(item.campaign_id)
        problem = check(caller, item, leader, campaign)
        problem = with_unfilled(problem, unfilled.get(index, ()))
        if problem is not None or leader is None:
            problems[index] = problem or NotFound()
        else:
            identifier = (own_ids or {}).get(index) or ids.new_id()
            owned = {"id": identifier, **leader.home.columns, "authors": [caller.name]}
            rows[index] = {**owned, **item.model_dump()}
    own = {index: own_id for index, own_id in (own_ids or {}).items() if index in rows}
    done = await _drop_known(session, rows, own, problems)
    counts_from = {campaign.id: campaign.counts_from for campaign in campaigns.values()}
    await _insert(session, rows, counts_from)
    return done | {index: (row["id"], 1, True) for index, row in rows.items()}, problems


def check(
    caller: Principal,
    item: LeaderRecordIn,
    leader: references.Placed | None,
    campaign: references.CampaignRow | None,
    before: LeaderRecord | None = None,
    *,
    returned: bool = False,
) -> Problem | None:
    """Return what is wrong with one record, None if nothing; `returned`: it came back.

    `before` is what it was, where it is changed.
    """
    errors: list[FieldError] = []
    oneself = leader is not None and caller.is_self(leader.id, leader.path)
    visible = leader is not None and (oneself or caller.may(Power.VIEW, leader.path))
    if leader is None or not visible:
        errors += [UNKNOWN_LEADER.at("/leader_id")] if item.leader_id != UNFILLED else []
    if campaign is None or (visible and leader and not leader.is_within(campaign.path)):
        errors += [UNKNOWN_CAMPAIGN.at("/campaign_id")] if item.campaign_id != UNFILLED else []
    else:
        wrong = day_errors("/done_on", item.done_on, campaign)
        if item.item not in codes.label([campaign], "leader_items"):
            wrong.append(codes.unknown("/item", [campaign], "leader_items"))
        if visible and leader:
            wrong += post_errors("/done_on", item.done_on, leader)
            wrong += behalf_errors(caller, leader.path, on_behalf=item.on_behalf)
            wrong += [OWN_ENTRY.at("/on_behalf")] if oneself and item.on_behalf else []
        same = before if before and before.leader_id == item.leader_id else None
        errors += of_changes(wrong, same, item)
    if (errors := item.tell(errors)) or leader is None or campaign is None:
        return Invalid(errors)
    if not oneself and not caller.may(Power.REPORT, leader.path):
        return Forbidden()
    stage = stage_of(campaign.status, campaign.settle_until)
    return None if comes_in(stage, returned=returned) else CampaignNotOpen(status=stage)


async def replace(
    session: AsyncSession, caller: Principal, record: LeaderRecord, item: LeaderRecordIn
) -> None:
    """Give a record that was submitted directly new content."""
    if record.derived:
        raise DerivedRecord
    reviews.require_editable(record.status)
    leader = (await references.load_leaders(session, {item.leader_id})).get(item.leader_id)
    campaign = (await references.load_campaigns(session, {item.campaign_id})).get(item.campaign_id)
    returned = record.status == "returned"
    problem = check(caller, item, leader, campaign, record, returned=returned)
    if wrong := list(state_errors(item.status, record.status)):
        problem = Invalid([*(problem.errors if problem else ()), *wrong])
    if problem is not None or leader is None:
        raise problem or NotFound
    authors = reviews.add_author(caller, record.authors)
    values = {**item.model_dump(exclude={"status"}), **leader.home.columns, "authors": authors}
    await _change(session, record, "updated", values)


async def move(
    session: AsyncSession,
    caller: Principal,
    record: LeaderRecord,
    action: str,
    reason: str | None = None,
) -> None:
    """Submit or withdraw a record that was submitted directly."""
    if record.derived:
        raise DerivedRecord
    status = reviews.judge_move(action, record.status)
    back = action == "submit" and record.status == "returned"
    await openness.require_open(session, record.campaign_id, or_settling=back)
    values: dict[str, Any] = {"status": status, "resubmit_by": None}
    if action == "submit":
        values["authors"] = reviews.add_author(caller, record.authors)
    await _change(session, record, DONE[action], values, reason)


async def review(
    session: AsyncSession, caller: Principal, record: LeaderRecord, decision: Review
) -> None:
    """Accept or return a record that was submitted directly."""
    if record.derived:
        raise DerivedRecord
    decision.record = "leader_record"
    status = await reviews.decide(session, caller, record, decision)
    changed = {"status": status, "resubmit_by": decision.resubmit_by}
    await _change(session, record, DONE[decision.decision], changed, decision.reason)


async def delete(session: AsyncSession, record: LeaderRecord) -> None:
    """Delete a draft."""
    if record.derived:
        raise DerivedRecord
    reviews.judge_move("delete", record.status)
    await queries.remove(session, [record.id])
    was = LeaderRecordOut.model_validate(record).model_dump_json()
    about = (record.id, record.org_id, record.revision + 1)
    await events.record(session, events.Change("leader_record.deleted", *about, before=was))


async def answer(session: AsyncSession, caller: Principal, record: LeaderRecord) -> LeaderRecordOut:
    """Return a record as this caller gets it."""
    return (await answer_several(session, caller, [record]))[record.id]


async def answer_several(
    session: AsyncSession, caller: Principal, records: Sequence[LeaderRecord]
) -> dict[UUID, LeaderRecordOut]:
    """Return records as this caller gets them: by whom entered, and what they may do next."""
    refs = await reviews.load_context(session, records)
    sources = await queries.sources(session, records)
    found = {}
    for record in records:
        found[record.id] = out = LeaderRecordOut.model_validate(record)
        source_id = record.activity_id or record.report_id
        if not record.derived:
            oneself = caller.is_self(record.leader_id, refs.paths[record.org_id])
            out.allowed_actions = reviews.find_actions(caller, record, refs, as_owner=oneself)
        elif source_id is not None:
            out.entered_by = EnteredBy.model_validate(sources[source_id].organization)
            out.allowed_actions = disputing.actions(caller, record, sources[source_id], refs)
    return found


def build_content(record: LeaderRecord) -> dict[str, Any]:
    """Return a record in the form in which it is sent."""
    return {name: getattr(record, name) for name in _CONTENT}


async def _drop_known(
    session: AsyncSession,
    rows: dict[int, dict[str, Any]],
    own_ids: Mapping[int, UUID],
    problems: dict[int, Problem],
) -> dict[int, Created]:
    """Take out of `rows` what is there already: the same again is done, other content a problem."""
    keys = {index: _key(row) for index, row in rows.items() if row["source"] is not None}
    known: dict[Any, LeaderRecord] = {
        **await queries.load_by_ids(session, own_ids.values()),
        **await queries.find_by_natural_keys(session, set(keys.values())),
    }
    done: dict[int, Created] = {}
    for index, record, first in list(sent_before(handles(own_ids, keys), known)):
        row = rows.pop(index)
        there = record.id if record else rows[first]["id"]
        same = build_content(record) if record else rows[first]
        other = hands_in(row["status"], record.status if record else same["status"])
        other = other or (record is not None and record.derived)
        other = other or own_ids.get(index, there) != there
        if other or any(row[name] != same[name] for name in _COMPARED):
            problems[index] = ExistsOtherwise()
        else:
            done[index] = (there, record.revision if record else 1, False)
    return done


async def _insert(
    session: AsyncSession, rows: Mapping[int, dict[str, Any]], counts_from: Mapping[UUID, str]
) -> None:
    if not rows:
        return
    now = clock.now()
    stamp = {"derived": False, "revision": 1, "created_at": now, "updated_at": now}
    told: dict[str, list[Evidence]] = defaultdict(list)
    for row in rows.values():
        worth = weight(row["status"], counts_from[row["campaign_id"]])
        told["draft" if row["status"] == "draft" else worth].append(build_evidence(row))
    met = await obligations.lock_met(session, told[Weight.COUNTED], told[Weight.NOTHING])
    queries.insert(session, [{**row, **stamp} for row in rows.values()])
    await obligations.count(session, met)
    await obligations.find_effects(session, told["draft"], counted=())
    await events.record(
        session,
        *(events.Change("leader_record.created", r["id"], r["org_id"], 1) for r in rows.values()),
    )


async def _change(
    session: AsyncSession,
    record: LeaderRecord,
    act: str,
    values: Mapping[str, Any],
    reason: str | None = None,
) -> None:
    before = LeaderRecordOut.model_validate(record)
    await queries.change(session, record.id, values)
    await session.refresh(record)
    campaign = (await references.load_campaigns(session, {record.campaign_id}))[record.campaign_id]
    evidence = build_evidence({**build_content(record), "id": record.id})
    await settle(session, [record.id], [evidence], weight(record.status, campaign.counts_from))
    after = LeaderRecordOut.model_validate(record)
    step = reviews.Step("leader_record", act, before, after, reason)
    await reviews.record_changes(session, record.org_id, step)


def build_evidence(row: Mapping[str, Any]) -> Evidence:
    """Return a record as the ledger sees it."""
    return Evidence(
        record="leader_record",
        source_id=row["id"],
        campaign_id=row["campaign_id"],
        kind=row["item"],
        day=row["done_on"],
        subjects=frozenset({row["leader_id"]}),
        facts={"place": row["place"], "audience_count": row["audience_count"]},
    )


def _key(row: Mapping[str, Any]) -> tuple[UUID, str, str]:
    return cast("UUID", row["org_id"]), row["source"], row["external_id"]
