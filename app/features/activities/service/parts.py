"""Findings and opinions as parts of an activity: brought up to date with it."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.activities.queries import writing
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn
from app.features.activities.service.creating import build_part_rows, find_campaign
from app.features.findings import queries as finding_queries
from app.features.findings.schemas.records import FindingIn, FindingState, OpinionIn, OpinionState
from app.features.findings.service.passing import build_detached
from app.features.submissions import service as reviews
from app.features.submissions.references import References
from app.kit.ids import OrgRef
from app.models import Finding, Opinion

Part = Finding | Opinion
P = TypeVar("P", FindingIn, OpinionIn)


def recognize(whole: Whole, item: ActivityIn) -> ActivityIn:
    """Return what was sent with the ids of those parts that are there already, word for word.

    So what is sent again without ids takes nothing out of the ledger and adds nothing to it.
    """
    return item.model_copy(
        update={
            "findings": list(_recognized(whole.findings, item.findings)),
            "opinions": list(_recognized(whole.opinions, item.opinions)),
        }
    )


async def replace(session: AsyncSession, whole: Whole, item: ActivityIn, refs: References) -> None:
    """Make the parts of an activity what they should be now; known ones keep their ids.

    What a draft leaves out is gone. What was handed in once stays in the ledger when it is left
    out, and says where it was found.
    """
    activity_id, org_id = whole.activity.id, whole.activity.org_id
    held = whole.activity
    home = OrgRef(held.org_id, held.area_id, held.zone_id)
    participants, findings, opinions = build_part_rows(activity_id, home, item, refs, whole)
    await writing.remove_participants(session, activity_id)
    kept = {f.id for f in item.findings} | {o.id for o in item.opinions}
    left_out: list[Part] = [f for f in whole.findings if f.id not in kept]
    left_out += [o for o in whole.opinions if o.id not in kept]
    if whole.activity.status == "draft":
        await remove(session, left_out)
    else:
        for part in left_out:
            await detach(session, part)
    changes = [events.Change("finding.created", r["id"], org_id, 1) for r in findings]
    changes += [events.Change("opinion.created", r["id"], org_id, 1) for r in opinions]
    writing.insert(session, [], participants, findings, opinions)
    await events.record(session, *changes)
    for rows, given in ((whole.findings, item.findings), (whole.opinions, item.opinions)):
        await _change(session, rows, given, item, refs)


def differs(row: Part, part: FindingIn | OpinionIn) -> bool:
    """Return whether a known part was sent with other content."""
    return any(getattr(row, name) != value for name, value in content_of(part).items())


async def remove(session: AsyncSession, parts: Sequence[Part]) -> None:
    """Delete parts of a draft."""
    for kind in (Finding, Opinion):
        ids = [part.id for part in parts if isinstance(part, kind)]
        await finding_queries.remove_parts(session, kind, ids)
    changes = [
        events.Change(f"{_name(part)}.deleted", part.id, part.org_id, part.revision + 1)
        for part in parts
    ]
    await events.record(session, *changes)


def tell(whole: Whole, act: str) -> list[events.Change]:
    """Return what is told of the parts of a draft that is handed in: they are there from now on."""
    shown: list[Part] = [*whole.findings, *whole.opinions]
    return [
        events.Change(f"{_name(part)}.{act}", part.id, part.org_id, part.revision) for part in shown
    ]


async def detach(session: AsyncSession, part: Part) -> None:
    """Let a part stand alone in the ledger: its activity does not show it any more."""
    await _write(session, part, "detached", await build_detached(session, part))


def content_of(part: FindingIn | OpinionIn) -> dict[str, Any]:
    """Return what is said of a part."""
    return part.model_dump(exclude={"id"})


async def _change(
    session: AsyncSession,
    rows: Sequence[Part],
    given: Sequence[FindingIn | OpinionIn],
    item: ActivityIn,
    refs: References,
) -> None:
    """Bring known parts up to date; only what differs is touched."""
    known = {row.id: row for row in rows}
    for part in given:
        row = known.get(part.id) if part.id else None
        if row is None:
            continue
        campaign_id = _campaign_of(row, part, item, refs)
        if differs(row, part) or campaign_id != row.campaign_id:
            values = {**content_of(part), "campaign_id": campaign_id}
            await _write(session, row, "updated", values)


def _campaign_of(
    row: Part, part: FindingIn | OpinionIn, item: ActivityIn, refs: References
) -> UUID:
    """Return the campaign that a known part belongs to: its own, while the activity is in it."""
    if row.campaign_id in item.campaign_ids:
        return row.campaign_id
    return (
        find_campaign(part.check, item, refs) if isinstance(part, FindingIn) else item.campaign_id
    )


async def _write(session: AsyncSession, row: Part, act: str, values: dict[str, Any]) -> None:
    """Write a part without counting its activity up, which is being changed itself."""
    await finding_queries.change_part(session, type(row), row.id, values)
    state = FindingState if isinstance(row, Finding) else OpinionState
    before = state.model_validate(row)
    after = before.model_copy(update={**values, "revision": row.revision + 1})
    step = reviews.Step(_name(row), act, before, after)
    await reviews.record_changes(session, row.org_id, step)


def _recognized(rows: Sequence[Part], given: Sequence[P]) -> Iterator[P]:
    named = {part.id for part in given}
    left = [row for row in rows if row.id not in named]
    for part in given:
        same = None
        if part.id is None:
            same = next((row for row in left if not differs(row, part)), None)
        if same is not None:
            left.remove(same)
        yield part if same is None else part.model_copy(update={"id": same.id})


def _name(part: Part) -> str:
    return type(part).__name__.lower()
