"""Rows out of bodies, and what their events keep of them."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.campaigns.schemas.campaigns import CampaignIn, CampaignOut
from app.features.campaigns.schemas.requirements import (
    RequirementIn,
    RequirementOut,
    RequirementState,
)
from app.features.campaigns.schemas.supplements import SupplementRow
from app.kit import ids
from app.models import Campaign, Requirement, Supplement


def build_campaign(body: CampaignIn, campaign_id: UUID | None = None) -> Campaign:
    """Return a row for a new campaign."""
    record = Campaign(id=campaign_id or ids.new_id(), org_id=body.root_unit_id, status="draft")
    record.revision = 1
    set_campaign(record, body)
    return record


def set_campaign(record: Campaign, body: CampaignIn) -> None:
    """Give a campaign its content."""
    for name, value in campaign_content(body).items():
        setattr(record, name, value)


def campaign_content(body: CampaignIn) -> dict[str, Any]:
    """Return a campaign's content by column."""
    written = body.model_dump(
        mode="json",
        exclude={"root_unit_id": True, "requirements": True, "notices": {"__all__": {"id"}}},
    )
    return written | {"starts_on": body.starts_on, "ends_on": body.ends_on}


def build_requirement(
    campaign_id: UUID, issuer_id: UUID, body: RequirementIn, extends_code: str | None
) -> Requirement:
    """Return a row for a new requirement."""
    record = Requirement(id=ids.new_id(), campaign_id=campaign_id, org_id=issuer_id, active=True)
    record.supplement_id = None
    record.revision = 1
    record.code = body.code
    record.subject = body.subject.value
    set_requirement(record, body, extends_code)
    return record


def set_requirement(record: Requirement, body: RequirementIn, extends_code: str | None) -> None:
    """Give a requirement its content."""
    for name, value in requirement_content(body, record.org_id, extends_code).items():
        setattr(record, name, value)


def requirement_content(
    body: RequirementIn, issuer_id: UUID, extends_code: str | None
) -> dict[str, Any]:
    """Return a requirement's content by column; no code stands twice in a list."""
    evidence = body.evidence.model_dump(mode="json")
    applies_to = body.applies_to.model_dump(mode="json")
    applies_to["under_unit_id"] = applies_to["under_unit_id"] or str(issuer_id)
    return {
        "title": body.title,
        "title_en": body.title_en,
        "evidence": _without_repetition(evidence),
        "min_count": body.min_count,
        "opens_on": body.opens_on,
        "due_on": body.due_on,
        "every": body.every,
        "applies_to": _without_repetition(applies_to),
        "origin": body.origin.model_dump(mode="json") if body.origin else None,
        "extends_code": extends_code,
        "sort_order": body.sort_order,
    }


def requirement_state(record: Requirement) -> dict[str, Any]:
    """Return a requirement as a patch is merged into it."""
    return {name: getattr(record, name) for name in RequirementState.model_fields}


def is_same_requirement(one: Requirement, other: Requirement) -> bool:
    """Return whether two rows say the same, whatever their ids and revisions."""
    return all(
        getattr(one, column.key) == getattr(other, column.key)
        for column in Requirement.__table__.columns
        if column.key not in _OF_ITSELF
    ) and is_ended(one) == is_ended(other)


def is_ended(record: Requirement) -> bool:
    """Return whether it was switched off, and does not merely wait for approval."""
    return record.status == "active" and not record.active


_OF_ITSELF: Final = frozenset(
    {"id", "campaign_id", "revision", "created_at", "updated_at", "line_code", "status",
     "approval", "active"}
)  # fmt: skip
"""What a requirement has beside what it was asked to be."""


def job_payload(session: AsyncSession, requirement: Requirement) -> dict[str, str | None]:
    """Return the payload of a job that brings the ledger up to date with a requirement."""
    client_id = events.call_of(session).client_id
    return {
        "campaign_id": str(requirement.campaign_id),
        "requirement_id": str(requirement.id),
        "client_id": str(client_id) if client_id else None,
    }


def campaign_change(
    kind: str, record: Campaign, *, before: str | None = None, data: dict[str, Any] | None = None
) -> events.Change:
    """Return the event of a campaign that was changed."""
    after = None if kind == "campaign.deleted" else campaign_json(record)
    return events.Change(kind, record.id, record.org_id, record.revision, before, after, data)


def requirement_change(
    kind: str,
    record: Requirement,
    *,
    before: str | None = None,
    data: dict[str, Any] | None = None,
) -> events.Change:
    """Return the event of a requirement that was changed."""
    after = None if kind == "requirement.deleted" else requirement_json(record)
    return events.Change(kind, record.id, record.org_id, record.revision, before, after, data)


def campaign_json(record: Campaign) -> str:
    """Return what the events keep of a campaign: itself, without its requirements."""
    beside = {"requirements", "supplements", "warnings"}
    return CampaignOut.of(record, (), {}).model_dump_json(exclude=beside)


def supplement_change(
    kind: str,
    record: Supplement,
    *,
    before: str | None = None,
    data: dict[str, Any] | None = None,
) -> events.Change:
    """Return the event of a supplement that was changed."""
    after = None if kind == "supplement.deleted" else supplement_json(record)
    return events.Change(kind, record.id, record.org_id, record.revision, before, after, data)


def supplement_json(record: Supplement) -> str:
    """Return what the events keep of a supplement: itself, without what it asks for."""
    return SupplementRow.of(record).model_dump_json()


def requirement_json(record: Requirement) -> str:
    """Return what the events keep of a requirement."""
    return RequirementOut.of(record, {}).model_dump_json(exclude={"superior_due_on"})


def _without_repetition(content: dict[str, Any]) -> dict[str, Any]:
    return {
        name: list(dict.fromkeys(value)) if isinstance(value, list) else value
        for name, value in content.items()
    }
