"""HTTP of activities: list, read, submit, change, withdraw."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import between, matching
from app.features.activities.queries import pages, reading
from app.features.activities.routes import grouping
from app.features.activities.schemas.activity import (
    ActivityEntered,
    ActivityIn,
    ActivityNew,
    ActivityOut,
    ActivityPatch,
)
from app.features.activities.schemas.filters import ActivityFilter
from app.features.activities.service import answers, changing, creating, slips
from app.features.submissions.schemas import Reason, own_ids
from app.http import batches
from app.http.authorization import allow
from app.http.dependencies import CallerDep, LanguageDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, PutConditionDep, tag
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.kit.sameness import says_the_same
from app.models import Activity

router = APIRouter(tags=["activities"], route_class=ApiRoute)
grouped = APIRouter(tags=["activities"], route_class=grouping.ActivityGroupRoute)

_SORTS = Sorts(
    {
        "id": Activity.id,
        "held_on": Activity.held_on,
        "updated_at": Activity.updated_at,
        "created_at": Activity.created_at,
    },
    id=Activity.id,
    default="id",
)


@router.get(
    "/v1/activities",
    operation_id="listActivities",
    summary="活动台账 List activities",
    dependencies=[allow(Power.VIEW)],
)
async def list_activities(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[ActivityFilter, Query()],
) -> Page[ActivityOut]:
    """List activities, each with all that was entered with it."""
    place = await find_path(session, caller, filters.under)
    conditions = [
        *matching(
            filters,
            campaign_id=Activity.campaign_id,
            org_id=Activity.org_id,
            status=Activity.status,
            source=Activity.source,
            external_id=Activity.external_id,
        ),
        *matching(filters, kind=Activity.kind),
        *between(Activity.held_on, filters.held_from, filters.held_to),
    ]
    if filters.leader_id:
        conditions.append(reading.took_part(filters.leader_id))
    statement = reading.list_visible(caller, *conditions, under=place)
    found = await listing.rows(session, statement, _SORTS, pages.SHOWN)
    parts = await pages.load_parts(session, [row[0] for row in found.rows])
    return found.as_kept(Page[ActivityOut], answers.answer_page(caller, found.rows, parts))


@router.get(
    "/v1/activities/{activity_id}",
    operation_id="getActivity",
    summary="读取活动 Read an activity",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    activity_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> ActivityOut:
    """Read one activity with all that was entered with it."""
    whole = await reading.get(session, caller, activity_id)
    return tag(response, await answers.answer(session, caller, whole))


@grouped.post(
    "/v1/activities",
    operation_id="createActivity",
    summary="报送活动 Submit an activity",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def create(
    body: ActivityNew,
    request: Request,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
) -> ActivityEntered:
    """Enter an activity once; ledgers, the three ones and progress follow from it.

    One that is likely there already (the same organization, kind and day, nearly the same title,
    and neither a key nor an id of its own) is taken, with a word in `warnings`.
    """
    entered = grouping.created_for(request) or await creating.create_one(
        session, caller, body, own_id=body.id
    )
    if not entered.new:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/activities/{entered.answer.id}"
    warnings = slips.told(entered.like, language)
    return tag(response, ActivityEntered(**dict(entered.answer), warnings=warnings))


@router.post(
    "/v1/activities/batch",
    operation_id="createActivities",
    summary="批量报送活动 Submit activities",
    dependencies=[allow(Power.REPORT)],
)
async def create_batch(
    body: batches.Batch[ActivityNew],
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
) -> batches.BatchResult:
    """Enter up to 1,000 activities in one transaction, with one result for each."""
    good, bad = batches.read_items(body)
    sendings = {index: creating.Sending(caller, item) for index, item in good.items()}
    done, refused, alike = await creating.create(session, sendings, own_ids(good))
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    results = {
        index: batches.ItemResult(
            status=201 if new else 200,
            id=activity_id,
            revision=revision,
            warnings=slips.told(alike.get(index), language),
        )
        for index, (activity_id, revision, new) in done.items()
    }
    return batches.results(body, results, problems, item_renderer(request))


@router.put(
    "/v1/activities/{activity_id}",
    operation_id="putActivity",
    summary="按自带编号报送或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT)],
)
async def put(
    activity_id: UUID,
    body: ActivityIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> ActivityOut:
    """Create the activity under the caller's own id, or replace it."""
    if await reading.exists(session, activity_id):
        whole = await reading.get_for_update(session, caller, activity_id)
        same = says_the_same(body, answers.build_content(whole))
        if condition.to_replace(whole.activity.revision, same=same):
            whole = await changing.replace(session, caller, whole, body)
        return tag(response, await answers.answer(session, caller, whole))
    condition.to_create()
    entered = await creating.create_one(session, caller, body, own_id=activity_id)
    if entered.new:
        response.status_code = status.HTTP_201_CREATED
    return tag(response, entered.answer)


@router.patch(
    "/v1/activities/{activity_id}",
    operation_id="updateActivity",
    summary="修改活动 Change an activity",
    dependencies=[allow(Power.REPORT)],
)
async def update(
    activity_id: UUID,
    body: ActivityPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ActivityOut:
    """Change an activity (JSON merge patch); what it counts for follows."""
    whole = await reading.get_for_update(session, caller, activity_id)
    precondition.require(whole.activity.revision)
    item = apply_patch(ActivityIn, answers.build_content(whole), body)
    whole = await changing.replace(session, caller, whole, item)
    return tag(response, await answers.answer(session, caller, whole))


@router.post(
    "/v1/activities/{activity_id}/submission",
    operation_id="submitActivity",
    summary="报送 Submit",
    dependencies=[allow(Power.REPORT)],
)
async def submit(
    activity_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ActivityOut:
    """Submit a draft, or again what was returned or withdrawn."""
    whole = await reading.get_for_update(session, caller, activity_id)
    precondition.require(whole.activity.revision)
    whole = await changing.move(session, caller, whole, "submit")
    return tag(response, await answers.answer(session, caller, whole))


@router.post(
    "/v1/activities/{activity_id}/withdrawal",
    operation_id="withdrawActivity",
    summary="撤回 Withdraw",
    dependencies=[allow(Power.REPORT)],
)
async def withdraw(
    activity_id: UUID,
    body: Reason,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ActivityOut:
    """Take an activity back; what it counted towards is owed again."""
    whole = await reading.get_for_update(session, caller, activity_id)
    precondition.require(whole.activity.revision)
    whole = await changing.move(session, caller, whole, "withdraw", body.reason)
    return tag(response, await answers.answer(session, caller, whole))


@router.delete(
    "/v1/activities/{activity_id}",
    operation_id="deleteActivity",
    summary="删除草稿 Delete a draft",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.REPORT)],
)
async def delete(
    activity_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete a draft; anything else is withdrawn, not deleted."""
    whole = await reading.get_for_update(session, caller, activity_id)
    precondition.require(whole.activity.revision)
    await changing.delete(session, whole)
