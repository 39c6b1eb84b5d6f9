"""HTTP of second posts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.access.principal import Power
from app.features.organizations.leaders.queries import leaders as leader_queries
from app.features.organizations.leaders.queries import second_posts as queries
from app.features.organizations.leaders.schemas.second_posts import (
    SecondPostEnd,
    SecondPostNew,
    SecondPostsOut,
    second_posts_out,
)
from app.features.organizations.leaders.service import leaders, second_posts
from app.features.organizations.previews import service
from app.features.organizations.previews.schemas import Effect
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute
from app.models import Leader

router = APIRouter(tags=["leaders"], route_class=ApiRoute)


async def _begun(
    leader_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> Leader:
    """Lock and return the leader of the request, in the revision that the caller knows."""
    row = await leaders.begin(session, caller, leader_id)
    precondition.require(row.revision)
    return row


@router.get(
    "/v1/leaders/{leader_id}/second-posts",
    operation_id="getSecondPosts",
    summary="兼任职务 Second posts of a leader",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    leader_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> SecondPostsOut:
    """List posts that a leader holds or held beside their own, at units in the caller's scope."""
    row = await leader_queries.get(session, caller, leader_id)
    posts = await queries.list_visible(session, caller, leader_id)
    return tag(response, second_posts_out(row, posts))


@router.post(
    "/v1/leaders/{leader_id}/second-posts",
    operation_id="beginSecondPost",
    summary="兼任 Take up a second post",
    dependencies=[allow(Power.ORGANIZE)],
)
async def begin(
    row: Annotated[Leader, Depends(_begun)],
    body: SecondPostNew,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
) -> SecondPostsOut | Effect:
    """Let a leader hold a post at a further unit; needs the power over both units.

    The three ones are owed once: at the unit that the leader leads if a requirement reaches it,
    else at the first second post that it reaches.
    """
    work = second_posts.begin(session, caller, row, body)
    if body.preview:
        return await service.preview_transfer(session, row, work)
    await work
    return await read(row.id, response, session, caller)


@router.post(
    "/v1/leaders/{leader_id}/second-posts/{post_id}/end",
    operation_id="endSecondPost",
    summary="不再兼任 End a second post",
    dependencies=[allow(Power.ORGANIZE)],
)
async def end(
    row: Annotated[Leader, Depends(_begun)],
    post_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    body: SecondPostEnd | None = None,
) -> SecondPostsOut | Effect:
    """Let a leader hold it no longer; what was met there stays counted if nothing else reaches."""
    told = body or SecondPostEnd()
    work = second_posts.end(session, caller, row, post_id, told)
    if told.preview:
        return await service.preview_transfer(session, row, work)
    await work
    return await read(row.id, response, session, caller)
