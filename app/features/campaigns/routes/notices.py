"""HTTP of notices: their texts and files, and who has received them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.db.conditions import equals, holds
from app.features.campaigns.queries import notices as queries
from app.features.campaigns.queries.notices import Asked
from app.features.campaigns.schemas.parameters import NoticePlace
from app.features.campaigns.schemas.receipts import (
    NoticeDetail,
    NoticePatch,
    ReceiptCounts,
    ReceiptFilter,
    ReceiptIn,
    ReceiptOut,
    ReceiptReach,
    ReceiptRow,
)
from app.features.campaigns.service import notices as service
from app.features.campaigns.service import receiving
from app.http import batches
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tag
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.kit.ids import is_within
from app.kit.problems import NotFound
from app.models import Organization

router = APIRouter(
    prefix="/v1/campaigns/{campaign_id}/notices/{notice_id}",
    tags=["campaigns"],
    route_class=ApiRoute,
)

_SORTS = Sorts(
    {"sort_order": Organization.sort_order, "code": Organization.code},
    id=Organization.id,
    default="sort_order",
)


async def _place(campaign_id: UUID, notice_id: UUID) -> NoticePlace:
    return NoticePlace(campaign_id, notice_id)


PlaceDep = Annotated[NoticePlace, Depends(_place)]


@router.get(
    "",
    operation_id="getNotice",
    summary="读取通知 Read a notice",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    place: PlaceDep, response: Response, session: SessionDep, caller: CallerDep
) -> NoticeDetail:
    """Read a notice of the campaign, or of a supplement to it, with its text."""
    notice = await service.get(session, caller, place)
    return tag(response, _answer(notice))


@router.patch(
    "",
    operation_id="updateNotice",
    summary="登记通知正文和附件 Give a notice its text and files",
    dependencies=[allow(Power.ORGANIZE)],
)
async def update(
    place: PlaceDep,
    body: NoticePatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> NoticeDetail:
    """Change the text and the files; the rest is changed with the campaign."""
    notice = await service.get_for_update(session, caller, place)
    precondition.require(notice.revision)
    changed = await service.update(session, notice, body)
    return tag(response, _answer(changed))


@router.get(
    "/receipts",
    operation_id="listReceipts",
    summary="签收情况 List who has received a notice, and who has not",
    dependencies=[allow(Power.VIEW)],
)
async def list_receipts(
    place: PlaceDep,
    wanted: Annotated[ReceiptFilter, Query()],
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
) -> Page[ReceiptRow]:
    """List the organizations below who issued the notice that the caller sees, as they are now.

    Who is founded or moved there later is asked as well; who is closed or moved away no longer is.
    """
    asked = await _asked(session, caller, place, wanted)
    conditions = [
        *equals(Organization.type, wanted.type),
        *holds(wanted.received, queries.has_received()),
    ]
    statement = queries.select_asked(caller, asked, *conditions)
    found = await listing.find_rows(session, statement, _SORTS, queries.Standing)
    return found.page(ReceiptRow.of(row.organization, row.receipt) for row in found.rows)


@router.get(
    "/receipts/counts",
    operation_id="countReceipts",
    summary="签收统计 Count who has received a notice",
    dependencies=[allow(Power.VIEW)],
)
async def count_receipts(
    place: PlaceDep,
    wanted: Annotated[ReceiptReach, Query()],
    session: SessionDep,
    caller: CallerDep,
) -> ReceiptCounts:
    """Count the organizations of that list, and those of them that have received the notice."""
    asked = await _asked(session, caller, place, wanted)
    number, received = await queries.count_asked(session, caller, asked)
    return ReceiptCounts(asked=number, received=received)


@router.post(
    "/receipts",
    operation_id="createReceipt",
    summary="签收通知 Say that a notice was received",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def create(
    place: PlaceDep, body: ReceiptIn, response: Response, session: SessionDep, caller: CallerDep
) -> ReceiptOut:
    """Enter that an organization has received the notice; again answers 200 with the first.

    A superior may enter it for who signed on paper: it is marked `on_behalf`.
    """
    notice = await service.get(session, caller, place)
    entered = await receiving.receive_one(session, caller, notice, body)
    if not entered.new:
        response.status_code = status.HTTP_200_OK
    return entered.receipt


@router.post(
    "/receipts/batch",
    operation_id="createReceipts",
    summary="批量签收 Say of many that they received a notice",
    dependencies=[allow(Power.REPORT)],
)
async def create_batch(
    place: PlaceDep,
    body: batches.Batch[ReceiptIn],
    request: Request,
    session: SessionDep,
    caller: CallerDep,
) -> batches.BatchResult:
    """Enter up to 1,000 receipts in one transaction, with one result for each."""
    notice = await service.get(session, caller, place)
    good, bad = batches.read_items(body)
    done, refused = await receiving.receive(session, caller, notice, good)
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    results = {
        index: batches.ItemResult(
            status=201 if entered.new else 200, id=entered.receipt.id, revision=1
        )
        for index, entered in done.items()
    }
    return batches.results(body, results, problems, item_renderer(request))


async def _asked(
    session: AsyncSession, caller: Principal, place: NoticePlace, wanted: ReceiptReach
) -> Asked:
    """Return who is asked for a receipt; raises `NotFound` for what is not below the issuer."""
    notice = await service.get(session, caller, place)
    unit_id, path = notice.issuer.id, notice.issuer.path
    if wanted.under is not None:
        below = await get_organization(session, caller, wanted.under)
        if not is_within(below.path, path):
            raise NotFound
        unit_id, path = below.id, below.path
    return Asked(notice.id, unit_id, path, deep=wanted.deep)


def _answer(notice: service.Notice) -> NoticeDetail:
    supplement = notice.supplement
    return NoticeDetail.model_validate(
        {
            **notice.content,
            "id": notice.id,
            "campaign_id": notice.campaign.id,
            "supplement_id": supplement.id if supplement is not None else None,
            "unit_id": notice.issuer.id,
            "text": notice.text.text if notice.text is not None else None,
            "attachment_ids": notice.files,
            "revision": notice.revision,
        }
    )
