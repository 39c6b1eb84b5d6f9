"""Following what changes: one page of it, exact for what the caller sees now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.following import Position, Told, find_ends, scope_of, today
from app.access.principal import Principal
from app.features.changes import errors, rules
from app.features.changes.queries import following as queries
from app.features.changes.queries.following import ChangeRow, Wanted
from app.features.changes.queries.kinds import ISSUED, find_seen
from app.models.vocabulary import ChangedType, ChangeOp

_OF_DRAFTS: Final = frozenset(
    {"activity.deleted", "report.deleted", "finding.deleted", "opinion.deleted"}
)
"""Only drafts can be deleted, and what is part of them: who does not see drafts is not told."""
DAYS: Final = 90
"""How long one may go on from a cursor."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose changes are asked for, and how many at most."""

    caller: Principal
    types: Sequence[ChangedType]
    under: str | None
    limit: int

    @property
    def wanted(self) -> Wanted:
        """Whose events may concern it."""
        return Wanted.by(self.caller, self.types or list(ChangedType), self.under)


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it is told, and the position behind it."""

    position: Position
    row: ChangeRow
    org_id: UUID | None
    op: ChangeOp


@dataclass(frozen=True, slots=True)
class Page:
    """The next changes, where to go on, and whether there may be more already."""

    changes: Sequence[Change]
    position: Position
    has_more: bool


def check(caller: Principal, told: Told) -> None:
    """Raise if a cursor is too old, or was given out over another scope."""
    if today() - told.day > DAYS:
        raise errors.CursorTooOld(days=DAYS)
    if told.scope != scope_of(caller):
        raise errors.ScopeChanged


async def read(session: AsyncSession, asked: Asked, after: Position) -> Page:
    """Return the next changes behind a position; raises `HistoryReplaced`.

    How far the events go is looked up first: what gets its place afterwards is for the next time.
    """
    known, last = await find_ends(session, after)
    if known != after:
        raise errors.HistoryReplaced
    wanted = asked.wanted
    rows, looked = await queries.find_changes(
        session, wanted, after.place, last.place, asked.limit + 1
    )
    cut = len(rows) > asked.limit
    rows = rows[: asked.limit]
    changes = await _tell(session, asked, wanted, rows)
    if cut:
        return Page(changes, _behind(rows[-1]), has_more=True)
    if looked < last.place:
        return Page(changes, await queries.find_position(session, looked), has_more=True)
    return Page(changes, last, has_more=False)


async def _tell(
    session: AsyncSession, asked: Asked, wanted: Wanted, rows: Sequence[ChangeRow]
) -> list[Change]:
    """Return what is told of events: nothing of what the caller does not see."""
    ids: defaultdict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        ids[row.resource].add(row.resource_id)
    seen = await find_seen(session, asked.caller, ids, asked.under)
    return list(_told(asked, wanted, rows, seen))


def _told(
    asked: Asked,
    wanted: Wanted,
    rows: Sequence[ChangeRow],
    seen: dict[tuple[str, UUID], UUID],
) -> Iterable[Change]:
    types = frozenset(asked.types)
    above = frozenset(wanted.above)
    for row in rows:
        org_id = seen.get((row.resource, row.resource_id))
        if row.type in _OF_DRAFTS and not wanted.works_at(row.own_path):
            continue
        in_other = row.other_org_id is not None and wanted.holds(row.other_path)
        issued = row.resource in ISSUED and row.org_id in above
        op = rules.judge(
            rules.Seen(
                type=row.type,
                revision=row.revision,
                is_seen=org_id is not None,
                in_own=issued or wanted.holds(row.own_path),
                in_other=in_other,
            )
        )
        if op is None or (types and row.resource not in types and op is ChangeOp.UPDATED):
            continue
        if org_id is None:
            org_id = row.other_org_id if op is ChangeOp.LEFT_SCOPE and in_other else row.org_id
        yield Change(_behind(row), row, org_id, op)


def _behind(row: ChangeRow) -> Position:
    return Position.of(row.place, row.event_id)
