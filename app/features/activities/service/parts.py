"""Findings and opinions as parts of an activity: brought up to date with it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.activities.queries import writing
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn
from app.features.activities.service.creating import part_rows
from app.features.findings import queries as finding_queries
from app.features.findings.schemas import FindingIn, FindingState, OpinionIn, OpinionState
from app.features.submissions import service as reviews
from app.models import Finding, Opinion

Part = Finding | Opinion


async def replace(session: AsyncSession, whole: Whole, item: ActivityIn) -> None:
    """Make the parts of an activity what they should be now; known ones keep their ids."""
    activity_id, org_id = whole.activity.id, whole.activity.org_id
    zones = {"area_id": whole.activity.area_id, "zone_id": whole.activity.zone_id}
    participants, findings, opinions = part_rows(activity_id, zones, item, whole)
    await writing.remove_participants(session, activity_id)
    changes = await _remove(session, Finding, whole.findings, {f.id for f in item.findings})
    changes += await _remove(session, Opinion, whole.opinions, {o.id for o in item.opinions})
    changes += [events.Change("finding.created", r["id"], org_id, 1) for r in findings]
    changes += [events.Change("opinion.created", r["id"], org_id, 1) for r in opinions]
    writing.insert(session, [], participants, findings, opinions)
    await events.record(session, *changes)
    await _change(session, Finding, whole.findings, item.findings)
    await _change(session, Opinion, whole.opinions, item.opinions)


def differs(row: Part, part: FindingIn | OpinionIn) -> bool:
    """Return whether a known part was sent with other content."""
    return any(getattr(row, name) != value for name, value in _content(part).items())


async def _remove(
    session: AsyncSession, kind: type[Part], rows: Sequence[Part], kept: set[UUID | None]
) -> list[events.Change]:
    gone = [row for row in rows if row.id not in kept]
    await finding_queries.remove_parts(session, kind, [row.id for row in gone])
    act = f"{kind.__name__.lower()}.deleted"
    return [events.Change(act, row.id, row.org_id, row.revision + 1) for row in gone]


async def _change(
    session: AsyncSession,
    kind: type[Part],
    rows: Sequence[Part],
    given: Sequence[FindingIn | OpinionIn],
) -> None:
    """Bring known parts up to date; only what differs is touched."""
    known = {row.id: row for row in rows}
    for part in given:
        row = known.get(part.id) if part.id else None
        if row is None or not differs(row, part):
            continue
        values = _content(part)
        await finding_queries.change_part(session, kind, row.id, values)
        state = FindingState if kind is Finding else OpinionState
        before = state.model_validate(row)
        after = before.model_copy(update={**values, "revision": row.revision + 1})
        step = reviews.Step(kind.__name__.lower(), "updated", before, after)
        await reviews.changed(session, row.org_id, step)


def _content(part: FindingIn | OpinionIn) -> dict[str, Any]:
    return part.model_dump(exclude={"id"})
