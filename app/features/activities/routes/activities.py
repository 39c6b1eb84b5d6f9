"""HTTP of activities: submit, change, withdraw."""

from uuid import UUID

from fastapi import APIRouter, Request, status

from app.access.principal import Power
from app.features.activities.queries import reading
from app.features.activities.routes import grouping
from app.features.activities.routes.answering import answer_written
from app.features.activities.schemas.activity import ActivityIn, ActivityNew, ActivityPatch
from app.features.activities.schemas.answers import ActivityEntered, ActivityWritten
from app.features.activities.service import (
    answers,
    changing,
    creating,
    effects,
    slips,
    upserting,
)
from app.features.submissions import effects as submitted
from app.features.submissions.effects import SubmittedBatch, SubmittedItem
from app.features.submissions.naming import take_own
from app.features.submissions.parameters import OnExistsQuery
from app.features.submissions.schemas import Reason
from app.http import batches
from app.http.authorization import allow
from app.http.dependencies import CallerDep, LanguageDep, ReplyDep, SessionDep
from app.http.preconditions import PreconditionDep, PutConditionDep, tag
from app.http.rendering import item_renderer
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.kit.pacing import paced
from app.kit.sameness import says_the_same
from app.models.vocabulary import OnExists, Outcome

router = APIRouter(tags=["activities"], route_class=ApiRoute)
grouped = APIRouter(tags=["activities"], route_class=grouping.ActivityGroupRoute)


@grouped.post(
    "/v1/activities",
    operation_id="createActivity",
    summary="报送活动记录 Submit an activity",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def create(
    body: ActivityNew,
    request: Request,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    on_exists: OnExistsQuery = OnExists.REJECT,
) -> ActivityEntered:
    """Enter an activity once; ledgers, the three ones and progress follow from it.

    Of a discussion topics, day and number of members are enough: what is not sent is told from
    what is known, and named in `defaulted`.

    One that is likely there already (the same organization, kind and day, nearly the same title,
    and neither a key nor an id of its own) is taken, with a word in `warnings`.
    """
    entered = grouping.created_for(request) or await upserting.enter_one(
        session, caller, body, on_exists
    )
    if entered.outcome is not Outcome.CREATED:
        reply.response.status_code = status.HTTP_200_OK
    reply.response.headers["Location"] = f"/v1/activities/{entered.answer.id}"
    told = await effects.tell_of(session, caller, entered.answer.id, reply.language)
    answer = ActivityEntered(
        **dict(entered.answer),
        **told,
        outcome=entered.outcome,
        warnings=slips.told(entered.like, reply.language),
        defaulted=list(entered.defaulted),
    )
    return tag(reply.response, answer)


@router.post(
    "/v1/activities/batch",
    operation_id="createActivities",
    summary="批量报送活动记录 Submit activities",
    dependencies=[allow(Power.REPORT)],
)
async def create_batch(
    body: batches.Batch[ActivityNew],
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    on_exists: OnExistsQuery = OnExists.REJECT,
) -> SubmittedBatch:
    """Enter up to 1,000 activities in one transaction, with one result for each."""
    good, bad = batches.read_items(body)
    entering = upserting.Activities(session, caller)
    done, refused = await entering.enter(good, on_exists)
    said = entering.remarks
    problems = {**bad, **refused}
    batches.refuse_if_atomic(body, problems)
    results = {
        index: SubmittedItem(
            **submitted.describe(each),
            warnings=slips.told(said.alike.get(index), language),
            defaulted=list(said.defaulted.get(index, ())),
            **submitted.tell(session, caller, each.id, language),
        )
        async for index, each in paced(done.items())
    }
    return submitted.answer(body, results, problems, item_renderer(request))


@router.put(
    "/v1/activities/{activity_id}",
    operation_id="putActivity",
    summary="按自带编号报送或替换 Create or replace under your own id",
    dependencies=[allow(Power.REPORT)],
)
async def put(
    activity_id: UUID,
    body: ActivityIn,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    condition: PutConditionDep,
) -> ActivityWritten:
    """Create the activity under the caller's own id, or replace it."""
    body = await take_own(session, caller, body)
    if await reading.exists(session, activity_id):
        whole = await reading.get_for_update(session, caller, activity_id)
        same = says_the_same(body, answers.build_content(whole))
        if condition.to_replace(whole.activity.revision, same=same):
            whole = await changing.replace(session, caller, whole, body)
        return await answer_written(reply, session, caller, whole)
    condition.to_create()
    entered = await creating.create_one(session, caller, body, own_id=activity_id)
    if entered.outcome is Outcome.CREATED:
        reply.response.status_code = status.HTTP_201_CREATED
    told = await effects.tell_of(session, caller, entered.answer.id, reply.language)
    return tag(reply.response, ActivityWritten(**dict(entered.answer), **told))


@router.patch(
    "/v1/activities/{activity_id}",
    operation_id="updateActivity",
    summary="修改活动记录 Change an activity",
    dependencies=[allow(Power.REPORT)],
)
async def update(
    activity_id: UUID,
    body: ActivityPatch,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ActivityWritten:
    """Change an activity (JSON merge patch); what it counts for follows."""
    whole = await reading.get_for_update(session, caller, activity_id)
    precondition.require(whole.activity.revision)
    content = changing.leave_campaigns(answers.build_content(whole), body)
    item = await take_own(session, caller, apply_patch(ActivityIn, content, body))
    whole = await changing.replace(session, caller, whole, item)
    return await answer_written(reply, session, caller, whole)


@router.post(
    "/v1/activities/{activity_id}/submission",
    operation_id="submitActivity",
    summary="报送 Submit",
    dependencies=[allow(Power.REPORT)],
)
async def submit(
    activity_id: UUID,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ActivityWritten:
    """Submit a draft, or again what was returned or withdrawn."""
    whole = await reading.get_for_update(session, caller, activity_id)
    precondition.require(whole.activity.revision)
    whole = await changing.move(session, caller, whole, "submit")
    return await answer_written(reply, session, caller, whole)


@router.post(
    "/v1/activities/{activity_id}/withdrawal",
    operation_id="withdrawActivity",
    summary="撤回 Withdraw",
    dependencies=[allow(Power.REPORT)],
)
async def withdraw(
    activity_id: UUID,
    body: Reason,
    reply: ReplyDep,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ActivityWritten:
    """Take an activity back; what it counted towards is owed again."""
    whole = await reading.get_for_update(session, caller, activity_id)
    precondition.require(whole.activity.revision)
    whole = await changing.move(session, caller, whole, "withdraw", body.reason)
    return await answer_written(reply, session, caller, whole)


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
