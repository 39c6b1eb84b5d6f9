"""SQL of the order of units: everything is listed as the authority itself lists its units."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import CTE, BigInteger, Text, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Principal
from app.access.visibility import visible_organizations
from app.db.rows import AnySelect, name_rows
from app.features.exports.writers.tables import Column
from app.kit.language import Labelled, Language
from app.kit.language import Text as Words
from app.models import Campaign, Organization, Requirement
from app.models.base import BinaryText
from app.models.vocabulary import Coded

R = TypeVar("R")

STANDING: Final = ("submitted", "accepted", "returned")
"""States of the submissions that a ledger holds unless others are asked for."""
_AT_ONCE: Final = 500
_LARGER_THAN_ANY: Final = 10_000_000_000
"""Added to every place in an order, so that all have as many digits."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a table is asked for."""

    caller: Principal
    campaign: Campaign
    unit: Organization
    day: date
    lang: Language
    wanted: Any
    """The filter of its kind."""


@dataclass(frozen=True, slots=True)
class Source:
    """The columns of a table, how many rows it will have, and these a part at a time."""

    columns: Sequence[Column]
    total: int
    parts: AsyncIterator[Sequence[Sequence[Any]]]


def place_of(asked: Asked) -> CTE:
    """Return the organizations in sight of a subtree with their `place` in the order of all.

    A unit comes before what is below it, and what is below one unit in the order of that unit.
    """
    seen = visible_organizations(asked.caller)
    top = select(Organization.id, cast(literal(""), BinaryText).label("place")).where(
        Organization.id == asked.unit.id, seen
    )
    placed = top.cte("placed", recursive=True)
    below = aliased(Organization)
    number = cast(cast(below.sort_order, BigInteger) + _LARGER_THAN_ANY, Text)
    own = placed.c.place + number + cast(below.id, Text)
    return placed.union_all(
        select(below.id, cast(own, BinaryText))
        .join(placed, below.parent_id == placed.c.id)
        .where(visible_organizations(asked.caller, column=below.path))
    )


def add_place(statement: AnySelect, asked: Asked, org_id: Any) -> tuple[AnySelect, Any]:
    """Return a statement with `org_code, org_name, parent_name` in front, and what orders it."""
    placed, own, above = place_of(asked), aliased(Organization), aliased(Organization)
    names = (
        own.code.label("org_code"),
        own.name.label("org_name"),
        above.name.label("parent_name"),
    )
    found = (
        statement.add_columns(*names)
        .join(placed, placed.c.id == org_id)
        .join(own, own.id == org_id)
        .outerjoin(
            above,
            (above.id == own.parent_id) & visible_organizations(asked.caller, column=above.path),
        )
    )
    return found, placed.c.place


def codes(coded: type[Coded]) -> Mapping[str, Labelled]:
    """Return the labels of a code list, by code."""
    return {member.value: member for member in coded}


PLACE_COLUMNS: Final = (
    Column("no", Words("序号", "No."), 6, "number"),
    Column("org_code", Words("组织编码", "Code"), 12),
    Column("org_name", Words("组织名称", "Organization"), 24),
    Column("parent_name", Words("上级党组织", "Superior"), 24),
)


async def count(session: AsyncSession, statement: AnySelect) -> int:
    """Return how many rows a statement has."""
    plain = statement.order_by(None).subquery()
    return int((await session.execute(select(func.count()).select_from(plain))).scalar_one())


async def read_parts(
    session: AsyncSession, statement: AnySelect, kind: Callable[..., R]
) -> AsyncIterator[Sequence[R]]:
    """Yield the rows of a statement a part at a time: they never stand in memory all at once.

    `kind` is the named tuple whose fields are the columns of the statement.
    """
    connection = await session.connection()
    result = await connection.stream(statement, execution_options={"yield_per": _AT_ONCE})
    async for part in result.partitions():
        yield name_rows(kind, part)


async def load_names(
    session: AsyncSession, caller: Principal, org_ids: set[UUID]
) -> dict[UUID, str]:
    """Return the names of those of these organizations that the caller sees."""
    if not org_ids:
        return {}
    statement = select(Organization.id, Organization.name).where(
        Organization.id.in_(org_ids), visible_organizations(caller)
    )
    return dict((await session.execute(statement)).all())


async def load_english_titles(session: AsyncSession, campaign_id: UUID) -> dict[str, str]:
    """Return the English titles of a campaign's requirements by code, where they have any."""
    statement = select(Requirement.code, Requirement.title_en).where(
        Requirement.campaign_id == campaign_id, Requirement.title_en.is_not(None)
    )
    return {code: title for code, title in await session.execute(statement) if title}
