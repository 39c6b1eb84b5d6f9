"""The next campaign out of the last: everything but its days, its state and what was counted."""

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.campaigns.errors import ENDS_TOO_LATE, UNKNOWN_LAST
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.schemas.campaigns import CampaignIn, CampaignNext
from app.features.campaigns.schemas.requirements import RequirementIn
from app.kit.problems import Invalid, NotFound
from app.models import Campaign, Requirement

_CONTENT: Final = tuple(
    set(CampaignIn.model_fields)
    - {"root_unit_id", "code", "name", "starts_on", "ends_on", "requirements"}
)
_DATED: Final = ("opens_on", "due_on")
_LONGEST_CODE: Final = 64
_LAST_DAY: Final = date(2199, 12, 31)


async def follow(session: AsyncSession, caller: Principal, asked: CampaignNext) -> CampaignIn:
    """Return the campaign that follows one that the caller sees.

    With the requirements of its root that are owed; what units below it asked for is theirs to ask
    again.
    """
    try:
        last = await queries.get_campaign(session, caller, asked.from_)
    except NotFound:
        raise Invalid([UNKNOWN_LAST.at("/from")]) from None
    shift = asked.starts_on - last.starts_on
    requirements = [
        _shift(row, shift)
        for row in await queries.list_requirements(session, last.id)
        if row.active and row.org_id == last.org_id
    ]
    return CampaignIn.model_validate(
        {
            **{name: getattr(last, name) for name in _CONTENT},
            "root_unit_id": last.org_id,
            "code": asked.code or _code_of(last, asked.starts_on),
            "name": asked.name or last.name,
            "starts_on": asked.starts_on,
            "ends_on": asked.ends_on or _later(last.ends_on, shift),
            "requirements": requirements,
        }
    )


def _shift(row: Requirement, shift: timedelta) -> dict[str, Any]:
    """Return the body of a requirement with all its days as many days later."""
    there = row.__table__.columns.keys()
    body = {name: getattr(row, name) for name in RequirementIn.model_fields if name in there}
    evidence = dict(row.evidence)
    if evidence.get("window"):
        days = evidence["window"].items()
        evidence["window"] = {n: str(_later(date.fromisoformat(d), shift)) for n, d in days}
    moved = {name: _later(getattr(row, name), shift) for name in _DATED}
    return {**body, **moved, "evidence": evidence}


def _later(day: date | None, shift: timedelta) -> date | None:
    if day is None:
        return None
    if day > _LAST_DAY - shift:
        raise Invalid([ENDS_TOO_LATE.at("/starts_on")])
    return day + shift


def _code_of(last: Campaign, starts_on: date) -> str:
    """Return the code of the last one with the day on which the next one begins."""
    day = f"-{starts_on:%Y%m%d}"
    return last.code[: _LONGEST_CODE - len(day)] + day
