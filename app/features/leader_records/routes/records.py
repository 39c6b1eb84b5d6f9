"""HTTP of leader records: list, read, submit, change, withdraw."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from app.access import expanding
from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import between, holds, matching
from app.features.leader_records import queries
from app.features.leader_records.routes.answering import answer_written
from app.features.leader_records.schemas import (
    LeaderRecordEntered,
    LeaderRecordFilter,
    LeaderRecordIn,
    LeaderRecordNew,
    LeaderRecordOut,
    LeaderRecordPatch,
    LeaderRecordWritten,
)
from app.features.leader_records.service import direct, upserting
from app.features.submissions import effects as submitted
from app.features.submissions import known
from app.features.submissions.effects import SubmittedBatch, SubmittedItem
from app.features.submissions.naming import take_own
from app.features.submissions.parameters import OnExistsQuery
from app.features.submissions.queries import is_delegated
from app.features.submissions.rules import as_sent
from app.features.submissions.schemas import Reason
from app.http import batches
from app.http.authorization import allow
from app.http.dependencies import CallerDep, LanguageDep, ReplyDep, SessionDep
from app.http.expansion import Expand, expands, tag_shown
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, PutConditionDep
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.kit.pacing import paced
from app.kit.problems import NotFound
from app.kit.sameness import says_the_same
from app.models import LeaderRecord
from app.models.vocabulary import OnExists, Outcome

router = APIRouter(tags=["leader-records"], route_class=ApiRoute)

_SORTS = Sorts(
    {
        "id": LeaderRecord.id,
        "done_on": LeaderRecord.done_on,
        "updated_at": LeaderRecord.updated_at,
        "created_at": LeaderRecord.created_at,
    },
    id=LeaderRecord.id,
    default="id",
)

_Expand = Annotated[Expand, expands("org", "campaign", "leader")]


@router.get(
    "/v1/leader-records",
    operation_id="listLeaderRecords",
    summary="“三个一”台账 List leader records",
    dependencies=[allow(Power.VIEW, Power.OWN)],
)
async def list_records(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[LeaderRecordFilter, Query()],
    expand: _Expand,
) -> Page[LeaderRecordOut]:
    """List one row per leader and item: derived from activities, or submitted directly."""
    filters = await take_codes(session, caller, filters)
    place = await find_path(session, caller, filters.under)
    await known.require_known(session, "leader_items", filters.item)
    conditions = [
        *matching(
            filters,
            campaign_id=LeaderRecord.campaign_id,
            leader_id=LeaderRecord.leader_id,
            activity_id=LeaderRecord.activity_id,
            item=LeaderRecord.item,
            status=LeaderRecord.status,
            derived=LeaderRecord.derived,
            on_behalf=LeaderRecord.on_behalf,
            dispute_status=LeaderRecord.dispute_status,
        ),
        *between(LeaderRecord.done_on, filters.done_from, filters.done_to),
        *holds(filters.delegated, is_delegated(LeaderRecord.id)),
    ]
    if filters.disputed or (filters.disputed is None and filters.dispute_status):
        statement = queries.disputed(caller, *conditions, under=place)
    else:
        conditions += holds(filters.disputed, LeaderRecord.dispute_org_id.is_not(None))
        statement = queries.list_visible(caller, *conditions, under=place)
    found = await listing.find(session, statement, _SORTS)
    answers = await direct.answer_several(session, caller, found.rows)
    page = [answers[record.id] for record in found.rows]
    await expanding.add(session, caller, expand, page)
    return found.page(page)


@router.get(
    "/v1/leader-records/{record_id}",
    operation_id="getLeaderRecord",
    summary="读取“三个一”记录 Read a leader record",
    dependencies=[allow(Power.VIEW, Power.OWN)],
)
async def read(
    record_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    expand: _Expand,
) -> LeaderRecordOut:
    """Read one leader's one item."""
    record = await queries.get(session, caller, record_id)
    answer = await direct.answer(session, caller, record)
    await expanding.add(session, caller, expand, [answer])
    return tag_shown(response, answer, expand)


@router.post(
    "/v1/leader-records",
    operation_id="createLeaderRecord",
    summary="报送“三个一”记录 Submit a leader record",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT, Power.OWN)],
)
async def create(
    body: LeaderRecordNew,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    on_exists: OnExistsQuery = OnExists.REJECT,
) -> LeaderRecordEntered:
    """Submit one item directly, as a research article is. Activities derive theirs."""
    entering = upserting.LeaderRecords(session, caller)
    done, problems = await entering.enter({0: body}, on_exists)
    if problems:
        raise problems[0]
    record_id, outcome = done[0].id, done[0].outcome
    if outcome is not Outcome.CREATED:
        reply.response.status_code = status.HTTP_200_OK
    reply.response.headers["Location"] = f"/v1/leader-records/{record_id}"
    record = await queries.get(session, caller, record_id)
    answer = await answer_written(reply, session, caller, record)
    defaulted = entering.defaulted.get(0, [])
    return LeaderRecordEntered(**dict(answer), outcome=outcome, defaulted=defaulted)


@router.post(
    "/v1/leader-records/batch",
    operation_id="createLeaderRecords",
    summary="批量报送“三个一”记录 Submit leader records",
    dependencies=[allow(Power.REPORT)],
)
async def create_batch(
    body: batches.Batch[LeaderRecordNew],
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    on_exists: OnExistsQuery = OnExists.REJECT,
) -> SubmittedBatch:
    """Submit up to 1,000 records in one transaction, with one result for each."""
    good, bad = batches.read_items(body)
    entering = upserting.LeaderRecords(session, caller)
    done, refused = await entering.enter(good, on_exists)
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    results = {
        index: SubmittedItem(
            **submitted.describe(each),
            defaulted=entering.defaulted.get(index, []),
            **submitted.tell(session, caller, each.id, language),
        )
        async for index, each in paced(done.items())
    }
    return submitted.answer(body, results, problems, item_renderer(request))


@router.put(
    "/v1/leader-records/{record_id}",
    operation_id="putLeaderRecord",
    summary="按自带编号报送或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT, Power.OWN)],
)
async def put(
    record_id: UUID,
    body: LeaderRecordIn,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> LeaderRecordWritten:
    """Create the record under the caller's own id, or replace it."""
    body = await take_own(session, caller, body)
    if record_id in await queries.load_by_ids(session, {record_id}):
        record = await queries.get_for_update(session, caller, record_id)
        current = {**direct.build_content(record), "status": as_sent(record.status)}
        if condition.to_replace(record.revision, same=says_the_same(body, current)):
            await direct.replace(session, caller, record, body)
        return await answer_written(reply, session, caller, record)
    condition.to_create()
    done, problems = await direct.create(session, caller, {0: body}, own_ids={0: record_id})
    if problems:
        raise problems[0]
    if done[0][0] != record_id:
        raise NotFound
    reply.response.status_code = status.HTTP_201_CREATED
    record = await queries.get(session, caller, record_id)
    return await answer_written(reply, session, caller, record)


@router.patch(
    "/v1/leader-records/{record_id}",
    operation_id="updateLeaderRecord",
    summary="修改“三个一”记录 Change a leader record",
    dependencies=[allow(Power.REPORT, Power.OWN)],
)
async def update(
    record_id: UUID,
    body: LeaderRecordPatch,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> LeaderRecordWritten:
    """Change a record that was submitted directly (JSON merge patch)."""
    record = await queries.get_for_update(session, caller, record_id)
    precondition.require(record.revision)
    current = direct.build_content(record)
    item = apply_patch(LeaderRecordIn, {**current, "status": as_sent(record.status)}, body)
    await direct.replace(session, caller, record, item)
    return await answer_written(reply, session, caller, record)


@router.post(
    "/v1/leader-records/{record_id}/submission",
    operation_id="submitLeaderRecord",
    summary="报送 Submit",
    dependencies=[allow(Power.REPORT, Power.OWN)],
)
async def submit(
    record_id: UUID,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> LeaderRecordWritten:
    """Submit a draft, or again what was returned or withdrawn."""
    record = await queries.get_for_update(session, caller, record_id)
    precondition.require(record.revision)
    await direct.move(session, caller, record, "submit")
    return await answer_written(reply, session, caller, record)


@router.post(
    "/v1/leader-records/{record_id}/withdrawal",
    operation_id="withdrawLeaderRecord",
    summary="撤回 Withdraw",
    dependencies=[allow(Power.REPORT, Power.OWN)],
)
async def withdraw(
    record_id: UUID,
    body: Reason,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> LeaderRecordWritten:
    """Take a record back; what it counted towards is owed again."""
    record = await queries.get_for_update(session, caller, record_id)
    precondition.require(record.revision)
    await direct.move(session, caller, record, "withdraw", body.reason)
    return await answer_written(reply, session, caller, record)


@router.delete(
    "/v1/leader-records/{record_id}",
    operation_id="deleteLeaderRecord",
    summary="删除草稿 Delete a draft",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.REPORT, Power.OWN)],
)
async def delete(
    record_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete a draft; anything else is withdrawn, not deleted."""
    record = await queries.get_for_update(session, caller, record_id)
    precondition.require(record.revision)
    await direct.delete(session, record)
