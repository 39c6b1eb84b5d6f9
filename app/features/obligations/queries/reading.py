"""SQL that reads the ledger for its callers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access import visibility
from app.access.principal import Principal
from app.access.visibility import visible
from app.db.conditions import between, equals, one_of
from app.db.rows import AnySelect, plain_rows
from app.http.paging import Join
from app.kit.problems import NotFound
from app.models import (
    Credit,
    Leader,
    Obligation,
    Organization,
    Requirement,
)
from app.models.obligations import NO_PERIOD
from app.models.shown import answer_columns


@dataclass(frozen=True, slots=True)
class Owed:
    """An obligation, and the paths of its organization and of who issued its requirement."""

    obligation: Obligation
    own: str
    issuer: str


def _of(column: Any, condition: ColumnElement[bool]) -> Any:
    """Return a subquery that looks up a column for one obligation elsewhere."""
    return select(column).where(condition).correlate(Obligation.__table__).scalar_subquery()


PLACE: Final = (
    select(Organization.sort_order)
    .where(Organization.id == Obligation.org_id)
    .correlate(Obligation)
    .scalar_subquery()
)
"""The place of the organization that answers for an obligation, in its authority's order."""
_TABLE: Final = Obligation.__table__
SHOWN: Final[tuple[ColumnElement[Any], ...]] = (
    *answer_columns(Obligation, (
        "id", "campaign_id", "requirement_id", "subject_type", "subject_id", "org_id", "period_id",
        "opens_on", "due_on", "status", "min_count", "count", "returned", "met_on", "nil_on",
        "exemption", "revision", "created_at", "updated_at",
    )),
    _of(Requirement.code, Requirement.id == _TABLE.c.requirement_id).label("code"),
    _of(Requirement.title, Requirement.id == _TABLE.c.requirement_id).label("title"),
    case(
        (_TABLE.c.subject_type == "leader", _of(Leader.name, Leader.id == _TABLE.c.subject_id)),
        else_=func.coalesce(_of(Organization.name, Organization.id == _TABLE.c.org_id), ""),
    ).label("name"),
)  # fmt: skip
"""The columns of a page: those of a `ShownRow`."""


@dataclass(slots=True)
class ShownRow:
    """An obligation of a page, ids as text, with its requirement and the name of its subject."""

    id: str
    campaign_id: str
    requirement_id: str
    subject_type: str
    subject_id: str
    org_id: str
    period_id: str
    opens_on: date | None
    due_on: date | None
    status: str
    min_count: int
    count: int
    returned: bool
    met_on: date | None
    nil_on: date | None
    exemption: dict[str, Any] | None
    revision: int
    created_at: datetime
    updated_at: datetime
    code: str
    title: str
    name: str


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[Obligation]:
    """Obligations that the caller sees, for a list."""
    return visibility.list_visible(caller, Obligation, *conditions, under=under)


def select_visible(caller: Principal, *conditions: ColumnElement[bool]) -> Select[Obligation]:
    """Obligations that the caller sees."""
    return select(Obligation).where(visible(caller, Obligation.org_id), *conditions)


class NamedObligation(NamedTuple):
    """An obligation with its requirement and the name of its subject."""

    obligation: Obligation
    code: str
    title: str
    name: str


class ObligationThen(NamedTuple):
    """An obligation with what it was on a past day."""

    obligation: Obligation
    code: str
    title: str
    name: str
    status_then: Literal["open", "met", "nil", "exempt", "void"]
    org_id_then: UUID


def select_named(page: Subquery) -> AnySelect:
    """Return the obligations of a page: `Obligation, code, title, name of the subject`."""
    obligation = aliased(Obligation, page)
    of_leader = obligation.subject_type == "leader"
    name = case((of_leader, Leader.name), else_=func.coalesce(Organization.name, ""))
    return (
        select(obligation, Requirement.code, Requirement.title, name.label("name"))
        .join(Requirement, Requirement.id == obligation.requirement_id)
        .join(Organization, Organization.id == obligation.org_id)
        .outerjoin(Leader, and_(of_leader, Leader.id == obligation.subject_id))
    )


def of_requirement(codes: list[str] | None) -> list[ColumnElement[bool]]:
    """Return the condition, where codes are given: owed by a requirement of one of them."""
    if not codes:
        return []
    coded = select(Requirement.id).where(*equals(Requirement.code, codes))
    return [Obligation.requirement_id.in_(coded)]


def within(first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """Return the conditions, where days are given: owed in a period that lies between them."""
    if first is None and last is None:
        return []
    in_one = Obligation.period_id != NO_PERIOD
    return [
        in_one,
        *between(Obligation.opens_on, first, None),
        *between(Obligation.due_on, None, last),
    ]


def has_begun(day: date) -> ColumnElement[bool]:
    """Condition: owed once, or in a period that had begun by a day."""
    return or_(Obligation.period_id == NO_PERIOD, Obligation.opens_on <= day)


def list_then(caller: Principal, rows: Subquery, *conditions: ColumnElement[bool]) -> AnySelect:
    """Return obligations of a past day, `rows` of `past.ledger`, with `status_then, org_id_then`.

    Whoever sees it is who sees it now.
    """
    then = (rows.c.status.label("status_then"), rows.c.org_id.label("org_id_then"))
    statement = select_visible(caller, *conditions).add_columns(*then)
    return statement.join(rows, rows.c.obligation_id == Obligation.id)


def select_named_then(page: Subquery) -> AnySelect:
    """Return the obligations of a page of a past day, with what they were then."""
    return select_named(page).add_columns(page.c.status_then, page.c.org_id_then)


THEN: Final = Join(select_named_then, ObligationThen)


def is_overdue(today: date) -> ColumnElement[bool]:
    """Condition: open, and its day has passed."""
    return and_(
        Obligation.status == "open", Obligation.due_on < today, Obligation.returned.is_(False)
    )


async def get(session: AsyncSession, caller: Principal, obligation_id: UUID) -> NamedObligation:
    """One obligation that the caller sees; raises `NotFound`."""
    statement = select_named(
        select_visible(caller, Obligation.id == obligation_id).subquery("page")
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return NamedObligation(*row)


async def get_for_update(session: AsyncSession, caller: Principal, obligation_id: UUID) -> Owed:
    """Lock and return an obligation that the caller sees, with who owes and who issued it."""
    statement = (
        select(Obligation)
        .where(Obligation.id == obligation_id, visible(caller, Obligation.org_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    obligation = (await session.execute(statement)).scalar_one_or_none()
    if obligation is None:
        raise NotFound
    own, issuer = aliased(Organization), aliased(Organization)
    paths = (
        select(own.path, issuer.path)
        .select_from(Requirement)
        .join(own, own.id == obligation.org_id)
        .join(issuer, issuer.id == Requirement.org_id)
        .where(Requirement.id == obligation.requirement_id)
    )
    its_own, its_issuer = (await session.execute(paths)).one()
    return Owed(obligation, its_own, its_issuer)


async def load_credits(
    session: AsyncSession, obligation_ids: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the credits of obligations as they are answered, by the day the work was done."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for obligation_id, record, source_id, on_day in await plain_rows(
        session, _credits(), ids=obligation_ids
    ):
        found[obligation_id].append({"record": record, "id": source_id, "on": on_day})
    return found


@cache
def _credits() -> AnySelect:
    of, *columns = answer_columns(Credit, ("obligation_id", "record", "source_id", "on_day"))
    return (
        select(of, *columns)
        .where(one_of(of, "ids"), Credit.__table__.c.standing)
        .order_by(Credit.__table__.c.on_day, Credit.__table__.c.source_id)
    )
