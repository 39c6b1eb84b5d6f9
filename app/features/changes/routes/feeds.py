"""HTTP of feeds: for websites, public where the campaign says so."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.changes.service import feeds
from app.http.authenticator import authenticator_of
from app.http.bodies import Handler, StrictRequest
from app.http.context import get_context
from app.http.dependencies import SessionDep
from app.http.preconditions import not_modified
from app.http.routing import PublicRoute
from app.kit.problems import Forbidden

_ATOM = "application/atom+xml"


class FeedRoute(PublicRoute):
    """A route that takes a credential where one is given, and answers without one as well."""

    async def transact(self, request: StrictRequest, handler: Handler) -> Response:
        """Read the credential before anything waits for the database."""
        if "authorization" in request.headers:
            get_context(request).credential = await authenticator_of(request).admit(request)
        return await super().transact(request, handler)

    async def act(self, request: Request, session: AsyncSession, handler: Handler) -> Response:
        """Know the caller, if there is one."""
        caller: Principal | None = None
        context = get_context(request)
        if "authorization" in request.headers:
            authenticator = authenticator_of(request)
            caller = await authenticator.identify(request, session, context.credential)
            caller = caller.as_reader()
            if not caller.may_anywhere(Power.VIEW):
                raise Forbidden
        context.caller = caller
        events.set_call(session, events.Call())
        return await handler(request)


router = APIRouter(tags=["feeds"], route_class=FeedRoute)


@router.get(
    "/v1/feeds/{campaign_id}/adopted.atom",
    operation_id="getAdoptedFeed",
    summary="已采用文章订阅 Feed of adopted writings",
    response_class=Response,
    # With a credential or, as OpenAPI writes it, with nothing.
    openapi_extra={"security": [{}]},
    responses={200: {"content": {_ATOM: {"schema": {"type": "string"}}}}},
)
async def adopted(
    campaign_id: Annotated[
        str, Path(max_length=64, description="The campaign's id or code. 主题活动编号或代码。")
    ],
    request: Request,
    session: SessionDep,
) -> Response:
    """List the writings adopted last, as Atom. Without a credential only of a public campaign."""
    settings = request.app.state.settings
    address = f"{settings.base_url}{request.url.path}"
    feed = await feeds.load_feed(session, get_context(request).caller, campaign_id, address)
    headers = {"ETag": feed.etag}
    if not_modified(request, known := Response(headers=headers)):
        return known
    return Response(await feeds.build_document(session, feed), media_type=_ATOM, headers=headers)
