"""Notices: found by their ids, given a text and files, received."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.campaigns import rules
from app.features.campaigns.notice_errors import SupplementEnded
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries import notices, supplements
from app.features.campaigns.queries.campaigns import Place
from app.features.campaigns.schemas.parameters import NoticePlace
from app.features.campaigns.schemas.receipts import NoticePatch, NoticeTextIn
from app.features.campaigns.service import campaigns
from app.kit.merge_patch import apply_patch
from app.kit.problems import Invalid, NotFound
from app.models import Campaign, NoticeText, Supplement


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of a campaign, or of a supplement to it, with its text if it has been given one."""

    id: UUID
    campaign: Campaign
    supplement: Supplement | None
    issuer: Place
    content: Mapping[str, Any]
    text: NoticeText | None

    @property
    def revision(self) -> int:
        """Counts up with every change of its text and files."""
        return self.text.revision if self.text is not None else 1

    @property
    def files(self) -> list[UUID]:
        """The ids of its files."""
        return self.text.attachment_ids if self.text is not None else []


async def get(session: AsyncSession, caller: Principal, place: NoticePlace) -> Notice:
    """Return a notice that the caller sees; raises `NotFound`."""
    campaign = await queries.get_campaign(session, caller, place.campaign_id)
    supplement, content = None, _own(campaign, place.notice_id)
    if content is None:
        mine = (Supplement.campaign_id == campaign.id, Supplement.notice_id == place.notice_id)
        found = await session.execute(supplements.select_visible(caller, *mine))
        supplement = found.scalar_one_or_none()
        if supplement is None:
            raise NotFound
        content = supplement.notice
    unit_id = campaign.org_id if supplement is None else supplement.org_id
    issuer = (await queries.load_places(session, [unit_id]))[unit_id]
    text = await notices.find_text(session, place.notice_id)
    return Notice(place.notice_id, campaign, supplement, issuer, content, text)


async def get_for_update(session: AsyncSession, caller: Principal, place: NoticePlace) -> Notice:
    """Return a notice for change, its campaign locked; raises `NotFound` or `Forbidden`."""
    seen = await get(session, caller, place)
    await campaigns.get_organized_unit(session, caller, seen.issuer.id)
    await queries.lock_campaign(session, place.campaign_id)
    return await get(session, caller, place)


async def update(session: AsyncSession, notice: Notice, patch: NoticePatch) -> Notice:
    """Change the text and the files of a notice by a merge patch."""
    campaigns.require_changeable(notice.campaign)
    if notice.supplement is not None and notice.supplement.status == "ended":
        raise SupplementEnded
    row = notice.text
    before = {"text": row.text if row else None, "attachment_ids": notice.files}
    body = apply_patch(NoticeTextIn, before, patch)
    owners = await attachments.lock_owners(session, body.attachment_ids)
    wrong = [
        *attachment_rules.unknown(body.attachment_ids, owners, {notice.issuer.id}),
        *attachment_rules.taken(body.attachment_ids, owners, notice.id),
    ]
    if wrong:
        raise Invalid(wrong)
    if row is None:
        row = NoticeText(
            id=notice.id,
            campaign_id=notice.campaign.id,
            org_id=notice.issuer.id,
            attachment_ids=[],
            revision=1,
        )
        await notices.add_text(session, row)
    await attachments.reattach(session, "notice", row, body.attachment_ids)
    row.text, row.attachment_ids = body.text, body.attachment_ids
    row.revision += 1
    await session.flush()
    was = NoticeTextIn.model_validate(before).model_dump_json()
    told = events.Change(
        "notice.updated", notice.id, notice.issuer.id, row.revision, was, body.model_dump_json()
    )
    await events.record(session, told)
    return Notice(notice.id, notice.campaign, notice.supplement, notice.issuer, notice.content, row)


def _own(campaign: Campaign, notice_id: UUID) -> Mapping[str, Any] | None:
    """Return the notice of a campaign itself that has the id, if one has."""
    for content in campaign.notices:
        if rules.notice_id(campaign.id, content["document_number"]) == notice_id:
            return content
    return None
