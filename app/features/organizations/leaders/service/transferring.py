"""Transfers: a leader leads another unit, and all that is theirs goes along."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.organizations import errors, rules
from app.features.organizations.leaders.schemas.leaders import LeaderTransfer, leader_fields
from app.features.organizations.leaders.service import leaders
from app.kit.problems import Invalid
from app.models import Leader


async def transfer(
    session: AsyncSession, caller: Principal, row: Leader, told: LeaderTransfer
) -> None:
    """Let a leader lead another unit; the branch and the post stay unless others are given.

    The row is from `leaders.begin`. Raises every field error at once.
    """
    new = told.model_dump(include={"unit_id", "branch_id", "post"}, exclude_none=True)
    values = leader_fields(row) | new
    values["org_id"] = values.pop("unit_id")
    stays = all(getattr(row, name) == values[name] for name in rules.POSTING)
    if stays and told.moved_on is not None and told.moved_on != row.posted_on:
        raise Invalid([errors.POSTED_ALREADY.at("/moved_on")])
    await leaders.change(session, caller, row, values, reason=told.reason, moved_on=told.moved_on)
