"""Receipts: who has received a notice, entered by itself or by a superior for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.db.unit_of_work import UnitOfWork
from app.features.campaigns.errors import UNKNOWN_UNIT, CampaignClosed, CampaignNotOpened
from app.features.campaigns.notice_errors import (
    CLOSED_BY_NOW,
    NOT_ADDRESSED,
    RECEIVED_OUTSIDE,
    ReceivedBefore,
    SupplementEnded,
)
from app.features.campaigns.queries import notices
from app.features.campaigns.queries.notices import OrganizationRow
from app.features.campaigns.schemas.receipts import ReceiptIn, ReceiptOut
from app.features.campaigns.service.notices import Notice
from app.kit import clock, ids
from app.kit.ids import is_within
from app.kit.problems import FieldError, Forbidden, Invalid, Problem
from app.models import Receipt


@dataclass(frozen=True, slots=True)
class Entered:
    """A receipt that was entered, and whether it is new."""

    receipt: ReceiptOut
    new: bool


async def receive(
    session: AsyncSession, caller: Principal, notice: Notice, items: Mapping[int, ReceiptIn]
) -> tuple[dict[int, Entered], dict[int, Problem]]:
    """Enter receipts of a notice; return them and the problems of the others, each by index.

    Of who has received it already the first one stays.
    """
    named = {item.unit_id for item in items.values()}
    # Organizations before campaigns, as submissions lock them.
    organizations = await notices.lock_organizations(session, named)
    await _require_in_force(session, notice)
    known = {
        org_id: ReceiptOut.model_validate(row)
        for org_id, row in (await notices.find_receipts(session, notice.id, named)).items()
    }
    done: dict[int, Entered] = {}
    problems: dict[int, Problem] = {}
    rows: list[dict[str, Any]] = []
    for index, item in items.items():
        organization = organizations.get(item.unit_id)
        problem = _problem_of(caller, notice, item, organization)
        first = known.get(item.unit_id)
        if problem is None and first and item.received_on not in {None, first.received_on}:
            problem = ReceivedBefore(day=first.received_on)
        if problem is not None or organization is None:
            problems[index] = problem or Invalid([UNKNOWN_UNIT.at("/unit_id")])
            continue
        if first is None:
            rows.append(_row(session, caller, notice, item, organization))
            known[item.unit_id] = ReceiptOut.model_validate(rows[-1])
        done[index] = Entered(known[item.unit_id], new=first is None)
    UnitOfWork.of(session).insert(Receipt, rows)
    await events.record(session, *map(_change, rows))
    return done, problems


async def receive_one(
    session: AsyncSession, caller: Principal, notice: Notice, item: ReceiptIn
) -> Entered:
    """Enter one receipt of a notice. Raises what is wrong with it."""
    done, problems = await receive(session, caller, notice, {0: item})
    if problems:
        raise problems[0]
    return done[0]


async def _require_in_force(session: AsyncSession, notice: Notice) -> None:
    """Lock the campaign against closing; raise unless it runs, or settles what is left."""
    campaign = await notices.share_campaign(session, notice.campaign.id)
    if campaign.opening_at is None:
        raise CampaignNotOpened
    settling = campaign.settle_until is not None and campaign.settle_until >= clock.today()
    if campaign.status == "closed" and not settling:
        raise CampaignClosed
    if notice.supplement is not None and notice.supplement.status == "ended":
        raise SupplementEnded


def _problem_of(
    caller: Principal, notice: Notice, item: ReceiptIn, organization: OrganizationRow | None
) -> Problem | None:
    if organization is None or not caller.may(Power.VIEW, organization.path):
        organization = None
    found = list(_errors(notice, item, organization))
    if found or organization is None:
        return Invalid(found)
    return None if caller.may(Power.REPORT, organization.path) else Forbidden()


def _errors(
    notice: Notice, item: ReceiptIn, organization: OrganizationRow | None
) -> Iterator[FieldError]:
    day, first = item.received_on, notice.content.get("issued_on")
    if day is not None and (day > clock.today() or (first and day.isoformat() < first)):
        yield RECEIVED_OUTSIDE.at("/received_on", first=first or "…")
    if organization is None:
        yield UNKNOWN_UNIT.at("/unit_id")
        return
    below = is_within(organization.path, notice.issuer.path)
    if not below or organization.id == notice.issuer.id:
        yield NOT_ADDRESSED.at("/unit_id")
    closed_on = organization.closed_on
    if closed_on is not None and closed_on <= clock.today():
        yield CLOSED_BY_NOW.at("/unit_id", closed_on=closed_on)


def _row(
    session: AsyncSession,
    caller: Principal,
    notice: Notice,
    item: ReceiptIn,
    organization: OrganizationRow,
) -> dict[str, Any]:
    return {
        "id": ids.new_id(),
        "campaign_id": notice.campaign.id,
        "notice_id": notice.id,
        "org_id": item.unit_id,
        "received_on": item.received_on or clock.today(),
        "on_behalf": caller.nearest(Power.REPORT, organization.path) != organization.path,
        "client_id": events.call_of(session).client_id,
        "created_at": clock.now(),
    }


def _change(row: Mapping[str, Any]) -> events.Change:
    receipt_id: UUID = row["id"]
    data = {"notice_id": str(row["notice_id"]), "on_behalf": row["on_behalf"]}
    after = ReceiptOut.model_validate(row).model_dump_json()
    return events.Change("receipt.created", receipt_id, row["org_id"], 1, after=after, data=data)
