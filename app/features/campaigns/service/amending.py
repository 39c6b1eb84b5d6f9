"""Changes supplements, by the same rules as the content of campaigns."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.campaigns import rules
from app.features.campaigns.errors import CODE_IN_USE
from app.features.campaigns.notice_errors import NOT_A_NOTICE, NOTICE_IN_USE, SupplementExists
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries import notices
from app.features.campaigns.queries import supplements as queries_of
from app.features.campaigns.schemas.notices import CodedIn
from app.features.campaigns.schemas.supplements import SupplementPatch, SupplementState
from app.features.campaigns.service import adding, evidence, framing, records, supplements
from app.features.campaigns.service.supplements import Held, Written
from app.kit.ids import is_within, path_ids
from app.kit.merge_patch import apply_patch
from app.kit.problems import FieldError
from app.models import Campaign, Requirement, Supplement


async def update(session: AsyncSession, held: Held, patch: SupplementPatch) -> Written:
    """Change a locked supplement by a merge patch; what it asks for has addresses of its own."""
    record, campaign = held.supplement, held.campaign
    supplements.require_changeable(held)
    body = apply_patch(SupplementState, _current(record), patch)
    line = await queries_of.list_active(session, [campaign.id], path_ids(held.issuer.path))
    others = [each for each in line if each.id != record.id]
    asking = await _list_asking(session, held)
    used = await notices.find_used(session, [record.notice_id])
    framing.refuse(
        [
            *adding.supplement_errors(campaign, others, body),
            *_notice_errors(record, body, used=bool(used)),
            *_drop_errors(campaign, record, body, asking),
        ]
    )
    if adding.find_known([each for each in others if each.org_id == record.org_id], body):
        raise SupplementExists(number=body.notice.document_number)
    before = records.supplement_json(record)
    for name, value in adding.build_content(body).items():
        setattr(record, name, value)
    record.revision += 1
    campaign.revision += 1
    await session.flush()
    change = records.supplement_change("supplement.updated", record, before=before)
    await events.record(session, change)
    return Written(record)


def _current(record: Supplement) -> dict[str, Any]:
    own = {name: getattr(record, name) for name in ("notice", *adding.LISTS)}
    return {**own, "unit_id": record.org_id, "requirements": []}


async def _list_asking(session: AsyncSession, held: Held) -> Sequence[Requirement]:
    """Return what its unit and those below ask for, be it in force or proposed."""
    standing = await queries.list_requirements(session, held.campaign.id)
    places = await queries.load_places(session, {item.org_id for item in standing})
    return [
        item
        for item in standing
        if supplements.stands(item) and is_within(places[item.org_id].path, held.issuer.path)
    ]


def _notice_errors(
    record: Supplement, body: SupplementState, *, used: bool
) -> Iterator[FieldError]:
    if body.notice.id not in {None, record.notice_id}:
        yield NOT_A_NOTICE.at("/notice/id")
    number = record.notice["document_number"]
    if used and body.notice.document_number != number:
        yield NOTICE_IN_USE.at("/notice/document_number", number=number)


def _drop_errors(
    campaign: Campaign, record: Supplement, body: SupplementState, asking: Sequence[Requirement]
) -> Iterator[FieldError]:
    """Yield which codes may not go: none once the campaign was opened, before it those in use."""
    for name in adding.LISTS:
        used = {code for item in asking for code in evidence.list_codes(item.evidence, name)}
        items: Sequence[CodedIn] = getattr(body, name)
        after = {item.code for item in items}
        for code in rules.dropped([item["code"] for item in getattr(record, name)], after):
            if campaign.opening_at is not None or code in used:
                yield CODE_IN_USE.at(f"/{name}", code=code)
