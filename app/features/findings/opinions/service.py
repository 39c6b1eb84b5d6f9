"""Opinions on their own: entered, and handled to the answer."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.db.rows import AnyRow
from app.features.findings import entering
from app.features.findings import queries as finding_queries
from app.features.findings.rules import handling_errors
from app.features.findings.schemas import (
    OpinionContent,
    OpinionRecord,
    OpinionRecordIn,
    OpinionState,
)
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.kit import clock, ids
from app.kit.problems import Forbidden, Invalid
from app.models import Opinion

_FIXED: Final = ("campaign_id", "org_id", "activity_id", "gathered_on")


async def create(
    session: AsyncSession, caller: Principal, item: OpinionRecordIn, own_id: UUID | None = None
) -> UUID:
    """Enter an opinion."""
    wrong = list(handling_errors("", item.handling, item.handler, item.answer))
    day = item.gathered_on
    path = await entering.check(session, caller, item, day, "/gathered_on", wrong)
    if not caller.may(Power.REPORT, path):
        raise Forbidden
    values = item.model_dump() | {"gathered_on": day or clock.today()} | ids.zones_of(path)
    return await entering.add(session, Opinion, "opinion", values, own_id)


async def replace(
    session: AsyncSession, caller: Principal, opinion: Opinion, item: OpinionRecordIn
) -> None:
    """Give an opinion new content; where it was gathered stays."""
    entering.refuse_moved(opinion, item, _FIXED)
    content = item.model_dump(include=set(OpinionContent.model_fields))
    await change(session, caller, opinion, OpinionContent.model_validate(content))


async def change(
    session: AsyncSession, caller: Principal, opinion: Opinion, item: OpinionContent
) -> None:
    """Change an opinion: assign it, answer it, resolve it."""
    path = (await review_queries.paths(session, [opinion.org_id]))[opinion.org_id]
    if not caller.may(Power.REPORT, path):
        raise Forbidden
    wrong = list(handling_errors("", item.handling, item.handler, item.answer))
    if wrong:
        raise Invalid(wrong)
    act = "updated" if item.handling == opinion.handling else item.handling.value
    before = OpinionState.model_validate(opinion)
    await finding_queries.change_part(session, Opinion, opinion.id, item.model_dump())
    await session.refresh(opinion)
    step = reviews.Step("opinion", act, before, OpinionState.model_validate(opinion))
    await reviews.changed(session, opinion.org_id, step)


def records(caller: Principal, rows: Sequence[AnyRow]) -> dict[UUID, OpinionRecord]:
    """Return opinions as this caller gets them; `rows` are those of `queries.listed`."""
    return {
        row[0].id: OpinionRecord(
            **OpinionState.model_validate(row[0]).model_dump(),
            allowed_actions=["edit"] if caller.may(Power.REPORT, row.path) else [],
        )
        for row in rows
    }
