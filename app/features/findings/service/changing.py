"""Findings entered and changed on their own."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.findings import queries
from app.features.findings.errors import INSPECTION_SAYS, UNKNOWN_INSPECTION
from app.features.findings.parties import find_roles
from app.features.findings.rules import FINDING, change_errors
from app.features.findings.schemas.records import FindingContent, FindingRecordIn
from app.features.findings.service import entering
from app.features.findings.service.writing import write
from app.features.submissions import queries as review_queries
from app.features.submissions import references
from app.features.submissions import service as reviews
from app.features.submissions.naming import take_own
from app.features.submissions.rules import Side
from app.kit import clock, ids
from app.kit.naming import sent_fields
from app.kit.problems import FieldError, Forbidden, Invalid
from app.kit.sameness import says_the_same
from app.models import Finding

_FIXED: Final = ("campaign_id", "org_id", "activity_id", "inspection_id", "found_on")


async def create(
    session: AsyncSession, caller: Principal, item: FindingRecordIn, own_id: UUID | None = None
) -> tuple[UUID, bool]:
    """Enter a finding: by its own organization, or by a superior who found it.

    Return its id, and whether it is new.
    """
    item = await take_own(session, caller, item)
    wrong: list[FieldError] = []
    if item.inspection_id is not None and not await queries.is_inspection_of(
        session, item.inspection_id, item.org_id, item.campaign_id
    ):
        wrong.append(UNKNOWN_INSPECTION.at("/inspection_id"))
    if item.inspection_id is not None and item.origin is not None:
        wrong.append(INSPECTION_SAYS.at("/origin"))
    path = await entering.check(session, caller, item, item.found_on, "/found_on", wrong)
    own = caller.may(Power.REPORT, path)
    superior = caller.may(Power.REVIEW, reviews.above(path))
    origin: str = item.origin or ("own" if own else "superior")
    if not {"own": own, "superior": superior}[origin]:
        raise Forbidden
    if item.inspection_id is not None:
        origin = "inspection"
    found = {"found_on": item.found_on or clock.today(), "origin": origin}
    values = item.model_dump() | found | ids.OrgRef.of(path).columns
    made_here = ("found_on", "origin")
    if own_id and await entering.is_again(session, Finding, item, own_id, made_here):
        return own_id, False
    return await entering.add(session, Finding, values, own_id), True


def is_same(finding: Finding, item: FindingRecordIn) -> bool:
    """Return whether a finding is what is sent again."""
    kept = {name: getattr(finding, name) for name in sent_fields(FindingRecordIn)}
    return says_the_same(item, kept, made_here=("found_on", "origin"))


async def replace(
    session: AsyncSession, caller: Principal, finding: Finding, item: FindingRecordIn
) -> None:
    """Give a finding that is not reported done yet new content; where it was found stays."""
    fixed = _FIXED if item.origin is None else (*_FIXED, "origin")
    entering.refuse_moved(finding, item, fixed)
    content = item.model_dump(include=set(FindingContent.model_fields))
    await change(session, caller, finding, FindingContent.model_validate(content))


async def change(
    session: AsyncSession, caller: Principal, finding: Finding, item: FindingContent
) -> None:
    """Change a finding that is not reported done yet, each side what is its own to say."""
    path = (await review_queries.load_paths(session, [finding.org_id]))[finding.org_id]
    sides = find_roles(caller, path)
    if not sides:
        raise Forbidden
    reviews.judge_move("edit" if Side.OWNER in sides else "amend", finding.status, FINDING)
    after = item.model_dump()
    before: dict[str, Any] = {name: getattr(finding, name) for name in after}
    wrong: list[FieldError] = []
    if item.check != finding.check:
        named = await references.load_campaigns(session, {finding.campaign_id})
        campaign = named[finding.campaign_id]
        wrong += await entering.find_check_errors(session, item.check, campaign, path)
    wrong += list(change_errors(finding.origin, before, after, sides, reported=True))
    if wrong:
        raise Invalid(wrong)
    await write(session, finding, "updated", after)
