"""Records derived from activities and articles, whose life they share.

One activity with thirty leaders gives thirty rows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.leader_records import queries
from app.features.obligations.evidence import Evidence
from app.kit import clock, ids
from app.models import LeaderRecord

_FOLLOWS = ("org_id", "area_id", "zone_id", "done_on", "title", "place", "audience_count", "status")
"""What a derived record takes over from its source, or from the leader's unit."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """One leader's one item out of an activity or a report, in the state of that."""

    activity_id: UUID | None
    report_id: UUID | None
    campaign_id: UUID
    leader_id: UUID
    org_id: UUID
    area_id: UUID
    zone_id: UUID
    item: str
    done_on: date
    title: str
    place: str | None
    audience_count: int | None
    status: str

    @property
    def key(self) -> tuple[UUID | None, UUID, str, UUID]:
        """The source, leader, item and campaign that make it one."""
        return self.activity_id or self.report_id, self.leader_id, self.item, self.campaign_id


_COLUMNS: Final = tuple(field.name for field in fields(Derivation))


@dataclass(frozen=True, slots=True)
class Derived:
    """New records: their rows, what they are to the ledger, and the changes to record."""

    rows: list[dict[str, Any]]
    evidence: list[Evidence]
    changes: list[events.Change]


def derive(
    derivations: Sequence[Derivation], calls: Mapping[UUID, events.Call | None] | None = None
) -> Derived:
    """Return the records of new sources; `calls` maps activities to their calls."""
    now = clock.now()
    rows = [
        {
            "id": ids.new_id(),
            **{name: getattr(derivation, name) for name in _COLUMNS},
            "derived": True,
            "authors": [],
            "revision": 1,
            "created_at": now,
            "updated_at": now,
        }
        for derivation in derivations
    ]
    known, kind = calls or {}, "leader_record.derived"
    return Derived(
        rows,
        [_evidence(row["id"], d) for row, d in zip(rows, derivations, strict=True)],
        [
            events.Change(kind, r["id"], r["org_id"], 1, call=known.get(r["activity_id"]))
            for r in rows
        ],
    )


def insert(session: AsyncSession, derived: Derived) -> None:
    """Keep new records to insert."""
    queries.insert(session, derived.rows)


async def replace(
    session: AsyncSession, source_ids: Collection[UUID], derivations: Sequence[Derivation]
) -> tuple[list[Evidence], list[UUID]]:
    """Make the records of changed sources what they should be now.

    Returns what they are to the ledger now, and the ids of all that stood before, whose credits
    the caller takes back first. Records keep their ids where leader and item stay. What was
    disputed is withdrawn, not deleted: entered once more, it is still the same.
    """
    before = await queries.lock_derived(session, source_ids)
    wanted = {d.key: d for d in derivations}
    left = [record for key, record in before.items() if key not in wanted]
    gone = [record for record in left if record.dispute_status is None]
    evidence: list[Evidence] = []
    changes: list[events.Change] = []
    for key, record in before.items():
        if key in wanted:
            changes += await _follow(session, record, wanted[key])
            if record.dispute_status != "upheld":
                evidence.append(_evidence(record.id, wanted[key]))
        elif record.dispute_status is not None:
            changes += await _change(session, record, {"status": "withdrawn"})
    if gone:
        await queries.remove(session, [record.id for record in gone])
        changes += [
            events.Change("leader_record.deleted", r.id, r.org_id, r.revision + 1) for r in gone
        ]
    added = derive([d for key, d in wanted.items() if key not in before])
    insert(session, added)
    await events.record(session, *changes, *added.changes)
    return evidence + added.evidence, [record.id for record in before.values()]


async def find_evidence(
    session: AsyncSession, source_id: UUID, derivations: Sequence[Derivation]
) -> list[Evidence]:
    """Return what the records of a source are to the ledger, or would be; nothing is changed.

    Not what was found in a dispute not to be.
    """
    known = await queries.find_derived(session, source_id) if derivations else {}
    upheld = {key for key, record in known.items() if record.dispute_status == "upheld"}
    return [
        _evidence(known[d.key].id if d.key in known else ids.new_id(), d)
        for d in derivations
        if d.key not in upheld
    ]


async def _follow(
    session: AsyncSession, record: LeaderRecord, derivation: Derivation
) -> list[events.Change]:
    values = {name: getattr(derivation, name) for name in _FOLLOWS}
    if record.dispute_status == "upheld":
        del values["status"]
    return await _change(session, record, values)


async def _change(
    session: AsyncSession, record: LeaderRecord, values: Mapping[str, Any]
) -> list[events.Change]:
    changed = {name: value for name, value in values.items() if value != getattr(record, name)}
    if not changed:
        return []
    await queries.change(session, record.id, changed)
    org_id, revision = changed.get("org_id", record.org_id), record.revision + 1
    other = record.dispute_org_id if org_id == record.org_id else record.org_id
    return [events.Change("leader_record.updated", record.id, org_id, revision, other_org_id=other)]


def _evidence(record_id: UUID, derivation: Derivation) -> Evidence:
    return Evidence(
        record="leader_record",
        source_id=record_id,
        campaign_id=derivation.campaign_id,
        kind=derivation.item,
        day=derivation.done_on,
        subjects=frozenset({derivation.leader_id}),
        origin_id=derivation.activity_id or derivation.report_id,
        facts={"place": derivation.place, "audience_count": derivation.audience_count},
    )
