"""A campaign whose time of retention is over loses what its records say of persons.

What was done, when and by which organization stays, and so does every count.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hashlib import blake2b
from secrets import token_hex
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.features.erasures.queries import retention as queries
from app.features.erasures.queries import traces
from app.features.erasures.queries.retention import CHUNK, FIELDS, PERSONAL
from app.features.erasures.rules import PLACEHOLDER
from app.features.exports.service import removing as exports
from app.kit import clock
from app.models import Review

FORGET: Final = "campaign.forget"


async def look_for_due(session: AsyncSession) -> None:
    """Ask for a job for every campaign whose time is over, unless one is at it."""
    for campaign in await queries.list_due(session, clock.now()):
        if not await queries.is_being_forgotten(session, FORGET, campaign.id):
            payload = {"campaign_id": str(campaign.id)}
            await jobs.enqueue(session, FORGET, payload, org_id=campaign.org_id)


async def take_step(session: AsyncSession, campaign_id: UUID, state: Mapping[str, Any]) -> Any:
    """Do the next thousand rows; the state to go on with, None when nothing is left."""
    stage = state.get("stage", 0)
    if stage == len(_STAGES):
        await exports.remove_of_campaign(session, campaign_id)
        record = await queries.mark_forgotten(session, campaign_id)
        change = events.Change("campaign.forgotten", record.id, record.org_id, record.revision)
        await events.record(session, change)
        return None
    after = await _STAGES[stage](session, campaign_id, state)
    return {"stage": stage + 1} if after is None else {"stage": stage, **after}


Stage = Callable[[AsyncSession, UUID, Mapping[str, Any]], Awaitable[dict[str, Any] | None]]
"""One thousand rows of one kind; what the next step of it resumes with, None: all are done."""


async def _records(
    fields: queries.Fields, session: AsyncSession, campaign_id: UUID, _state: Mapping[str, Any]
) -> dict[str, Any] | None:
    return _unless_all(await queries.blank(session, fields, campaign_id))


async def _references(
    session: AsyncSession, campaign_id: UUID, state: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Put marks that say nothing in place of members' own: who is one member is still counted once.

    They are made with a key that goes with the last step.
    """
    key = state.get("key") or token_hex(32)
    after = UUID(state["activity_id"]) if "activity_id" in state else None
    rows = await queries.lock_references(session, campaign_id, after)
    for row in rows:
        row.member_refs = [_mark(key, reference) for reference in row.member_refs]
        row.revision += 1
    await session.flush()
    if len(rows) < CHUNK:
        return None
    return {"activity_id": str(rows[-1].id), "key": key}


async def _reviewers(
    session: AsyncSession, campaign_id: UUID, _state: Mapping[str, Any]
) -> dict[str, Any] | None:
    changed = await queries.forget_reviewers(session, campaign_id)
    await events.restate(session, Review, changed)
    return _unless_all(len(changed))


async def _revisions(
    session: AsyncSession, campaign_id: UUID, state: Mapping[str, Any]
) -> dict[str, Any] | None:
    after = (UUID(state["record_id"]), state["revision"]) if "revision" in state else None
    rows = await queries.lock_revisions(session, campaign_id, after)
    for row in rows:
        row.actor = None
        row.before = _anonymous(row.before)
    await session.flush()
    if len(rows) < CHUNK:
        return None
    return {"record_id": str(rows[-1].record_id), "revision": rows[-1].revision}


async def _files(
    session: AsyncSession, campaign_id: UUID, _state: Mapping[str, Any]
) -> dict[str, Any] | None:
    gone = await queries.lock_files(session, campaign_id)
    changes = [events.Change("attachment.deleted", f.id, f.org_id, f.revision + 1) for f in gone]
    await traces.remove_files(session, [file.id for file in gone])
    await events.record(session, *changes)
    return _unless_all(len(gone))


async def _events(
    session: AsyncSession, campaign_id: UUID, _state: Mapping[str, Any]
) -> dict[str, Any] | None:
    about = queries.events_about(campaign_id)
    return _unless_all(await events.forget(session, about, limit=CHUNK))


async def _leaders(
    session: AsyncSession, campaign_id: UUID, _state: Mapping[str, Any]
) -> dict[str, Any] | None:
    blanked = await queries.blank_leaders(session, campaign_id)
    await traces.clear_second_posts(session, [row.id for row in blanked], PLACEHOLDER)
    changes = [events.Change("leader.erased", r.id, r.org_id, r.revision) for r in blanked]
    await events.record(session, *changes)
    return _unless_all(len(blanked))


def _unless_all(done: int) -> dict[str, Any] | None:
    return None if done < CHUNK else {}


def _mark(key: str, reference: str) -> str:
    return blake2b(reference.encode(), key=bytes.fromhex(key), digest_size=12).hexdigest()


def _anonymous(value: Any) -> Any:
    """Return a former revision without the fields that say who, also of its parts."""
    if isinstance(value, list):
        return [_anonymous(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: ([] if isinstance(item, list) else None) if name in PERSONAL else _anonymous(item)
        for name, item in value.items()
    }


_STAGES: Final[tuple[Stage, ...]] = (
    *(partial(_records, fields) for fields in FIELDS),
    _references,
    _reviewers,
    _revisions,
    _files,
    _events,
    _leaders,
)
