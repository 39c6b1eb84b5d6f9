"""What matters most: rows whose last event keeps a signed digest of what they are.

`docs/decisions/0073-the-trail-against-its-owner.md`.
"""

import hmac
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.rows import AnySelect
from app.events.digests import encode_line
from app.kit.language import Text
from app.models import Adoption, ApiKey, Client, Event, Grant, Obligation, Review

_CHUNK: Final = 500


Kept = Client | ApiKey | Grant | Obligation | Review | Adoption
Kind = type[Client] | type[ApiKey] | type[Grant] | type[Obligation] | type[Review] | type[Adoption]


class LastRow(NamedTuple):
    """The last event of a row, and what it says that the row is."""

    resource_id: UUID
    type: str
    state_digest: bytes | None


@dataclass(frozen=True, slots=True)
class State:
    """A kind of row, and what of it is digested."""

    resource: str
    name: Text
    model: Kind
    left_out: frozenset[str]
    """Columns that change without an event, or follow from those of another row."""
    ended: str
    """The event after which there is no such row."""
    here: ColumnElement[bool] | None = None
    """Which rows are such ones; None: all of the table."""

    @property
    def columns(self) -> Sequence[Any]:
        """The columns that are digested, the id first."""
        table = self.model.__table__.columns
        names = sorted(column.key for column in table if column.key not in self.left_out)
        return [self.model.id, *(getattr(self.model, name) for name in names if name != "id")]


_EXEMPTION: Final = frozenset(Obligation.__table__.columns.keys()) - {"id", "exemption"}
STATES: Final = (
    State("client", Text("接入系统", "client"), Client, frozenset({"updated_at"}),
          "client.deleted"),
    State("key", Text("密钥", "key"), ApiKey, frozenset({"updated_at", "last_used_on"}),
          "key.deleted"),
    State("grant", Text("授权", "grant"), Grant, frozenset({"updated_at"}), "grant.deleted"),
    State("obligation", Text("免除", "exemption of obligation"), Obligation, _EXEMPTION,
          "obligation.exemption_lifted", Obligation.exemption.is_not(None)),
    State("review", Text("审核", "review"), Review, frozenset({"org_id", "on_day"}),
          "review.deleted"),
    State("adoption", Text("采用", "adoption"), Adoption, frozenset({"org_id"}),
          "adoption.deleted"),
)  # fmt: skip
BY_MODEL: Final = {state.model: state for state in STATES}
_COLUMNS: Final = {state.resource: state.columns for state in STATES}

DIFFERS: Final = Text(
    "{name} {id}：与审计记录不符，在服务之外被改动",
    "{name} {id}: not what its last event says, so changed outside of the service",
)
GONE: Final = Text(
    "{name} {id}：已不存在，审计记录中却没有其删除", "{name} {id}: gone, and no event says so"
)
UNTOLD: Final = Text("{name} {id}：审计记录中没有其现状", "{name} {id}: no event says what it is")


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A row that is not what the trail says."""

    state: State
    id: UUID
    text: Text


def compute_state_digest(secret: bytes, row: Any) -> bytes:
    """Return the digest of a row of one of these models."""
    state = BY_MODEL[type(row)]
    return _digest(secret, state, [getattr(row, c.key) for c in _COLUMNS[state.resource]])


async def load_rows(session: AsyncSession, model: Kind, ids: Collection[UUID]) -> Sequence[Kept]:
    """Return the rows of one of these models as they are in the database."""
    statement: AnySelect = select(model).where(model.id.in_(ids)).order_by(model.id)
    here = BY_MODEL[model].here
    found = statement if here is None else statement.where(here)
    return (await session.scalars(found.execution_options(populate_existing=True))).all()


async def find_discrepancies(session: AsyncSession, secret: bytes) -> AsyncIterator[Discrepancy]:
    """Compare every such row with its last event, a part of them at a time."""
    for state in STATES:
        told = _last_events(session, state)
        event = await anext(told, None)
        async for row in _rows(session, state):
            row_id: UUID = row[0]
            while event is not None and event.resource_id < row_id:
                if event.type != state.ended:
                    yield Discrepancy(state, event.resource_id, GONE)
                event = await anext(told, None)
            if event is None or event.resource_id != row_id or event.type == state.ended:
                yield Discrepancy(state, row_id, UNTOLD)
            elif not hmac.compare_digest(event.state_digest or b"", _digest(secret, state, row)):
                yield Discrepancy(state, row_id, DIFFERS)
            if event is not None and event.resource_id == row_id:
                event = await anext(told, None)
        while event is not None:
            if event.type != state.ended:
                yield Discrepancy(state, event.resource_id, GONE)
            event = await anext(told, None)


def _digest(secret: bytes, state: State, values: Sequence[Any]) -> bytes:
    names = [column.key for column in _COLUMNS[state.resource]]
    named = [part for pair in zip(names, values, strict=True) for part in pair]
    return hmac.digest(secret, b"audit-state:" + encode_line([state.resource, *named]), "sha256")


async def _rows(session: AsyncSession, state: State) -> AsyncIterator[Sequence[Any]]:
    """Yield what is digested of the rows of a kind, the id first, in its order."""
    here = true() if state.here is None else state.here
    statement = select(*state.columns).where(here).order_by(state.model.id).limit(_CHUNK)
    rows = (await session.execute(statement)).all()
    while rows:
        for row in rows:
            yield row
        after = state.model.id > rows[-1][0]
        rows = (await session.execute(statement.where(after))).all()


async def _last_events(session: AsyncSession, state: State) -> AsyncIterator[LastRow]:
    """Yield the last event of each id that says what became of the row."""
    telling = or_(Event.state_digest.is_not(None), Event.type == state.ended)
    last = (
        select(Event.resource_id, func.max(Event.position).label("position"))
        .where(Event.resource == state.resource, telling)
        .group_by(Event.resource_id)
        .order_by(Event.resource_id)
        .limit(_CHUNK)
    )
    after: UUID | None = None
    while True:
        some = last if after is None else last.where(Event.resource_id > after)
        part = some.subquery()
        statement = (
            select(Event.resource_id, Event.type, Event.state_digest)
            .join(part, part.c.position == Event.position)
            .order_by(Event.resource_id)
        )
        rows = [LastRow(*row) for row in await session.execute(statement)]
        for row in rows:
            yield row
            after = row.resource_id
        if len(rows) < _CHUNK:
            return
