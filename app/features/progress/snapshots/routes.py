"""HTTP of issued figures."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import get_organization
from app.db.conditions import matching
from app.features.campaigns.errors import UNKNOWN_UNIT
from app.features.campaigns.queries import campaigns
from app.features.progress.snapshots import queries, service
from app.features.progress.snapshots.schemas import (
    SnapshotFilter,
    SnapshotIn,
    SnapshotOut,
    SnapshotRow,
)
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.routing import ApiRoute
from app.kit.problems import Invalid, NotFound
from app.models import Snapshot

router = APIRouter(tags=["progress"], route_class=ApiRoute)

_SORTS = Sorts(
    {"issued_at": Snapshot.issued_at, "as_of": Snapshot.as_of}, id=Snapshot.id, default="-issued_at"
)


@router.post(
    "/v1/campaigns/{campaign_id}/snapshots",
    operation_id="issueSnapshot",
    summary="印发进度数据 Issue figures",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REVIEW)],
)
async def issue(
    campaign_id: UUID,
    body: SnapshotIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
) -> SnapshotOut:
    """Keep the answer of progress as it is issued, e.g. in a circular.

    It is read for ever, and nothing changes it: no correction, merger or erasure.
    """
    campaign = await campaigns.get_campaign(session, caller, campaign_id)
    try:
        unit = await get_organization(session, caller, body.unit_id, Power.REVIEW)
    except NotFound:
        raise Invalid([UNKNOWN_UNIT.at("/unit_id")]) from None
    record = await service.issue(session, caller, campaign, unit, body)
    response.headers["Location"] = f"/v1/campaigns/{campaign_id}/snapshots/{record.id}"
    response.headers["ETag"] = '"1"'
    return service.answer(record)


@router.get(
    "/v1/campaigns/{campaign_id}/snapshots",
    operation_id="listSnapshots",
    summary="已印发的进度数据 List issued figures",
    dependencies=[allow(Power.VIEW)],
)
async def list_snapshots(
    campaign_id: UUID,
    listing: ListingDep,
    wanted: Annotated[SnapshotFilter, Query()],
    session: SessionDep,
    caller: CallerDep,
) -> Page[SnapshotRow]:
    """List what was issued of a campaign by units in sight, the latest first."""
    wanted = await take_codes(session, caller, wanted)
    await campaigns.get_campaign(session, caller, campaign_id)
    conditions = [Snapshot.campaign_id == campaign_id]
    conditions += matching(wanted, unit_id=Snapshot.org_id)
    found = await listing.find(session, queries.list_visible(caller, *conditions), _SORTS)
    return found.page(map(SnapshotRow.model_validate, found.rows))


@router.get(
    "/v1/campaigns/{campaign_id}/snapshots/{snapshot_id}",
    operation_id="getSnapshot",
    summary="读取已印发的进度数据 Read issued figures",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    campaign_id: UUID,
    snapshot_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
) -> SnapshotOut:
    """Read figures as they were issued."""
    await campaigns.get_campaign(session, caller, campaign_id)
    record = await queries.get(session, caller, campaign_id, snapshot_id)
    response.headers["ETag"] = '"1"'
    return service.answer(record)
