"""HTTP of the pages of adopted writings: public where the campaign says so."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from app.features.campaigns import codes
from app.features.changes.service import feeds
from app.features.changes.service.feeds import Feed
from app.http.context import get_context
from app.http.dependencies import SessionDep
from app.kit.problems import NotFound
from app.pages.rendering import ViewDep
from app.pages.routing import SharedPageRoute

router = APIRouter(route_class=SharedPageRoute)

CampaignName = Annotated[str, Path(max_length=64)]


@router.get("/pages/campaigns/{campaign_id}/adopted")
async def list_adopted(
    campaign_id: CampaignName, request: Request, view: ViewDep, session: SessionDep
) -> Response:
    """Show the writings that were adopted last."""
    feed = await load_feed(session, request, campaign_id)
    values = await load_entries(session, feed)
    return view.answer("adopted.html", values, headers=cache_of(feed, request))


@router.get("/pages/campaigns/{campaign_id}/adopted/{report_id}")
async def show_writing(
    campaign_id: CampaignName,
    report_id: UUID,
    request: Request,
    view: ViewDep,
    session: SessionDep,
) -> Response:
    """Show one of them with its text."""
    feed = await load_feed(session, request, campaign_id)
    entry = next((entry for entry in feed.entries if entry.id == report_id), None)
    if entry is None:
        raise NotFound
    text = (await feeds.load_texts(session, [entry]))[report_id]
    values = {
        "campaign": feed.campaign,
        "entry": entry,
        "text": text,
        "adoptions": (await feeds.load_adoptions(session, [entry]))[report_id],
    }
    return view.answer("writing.html", values, headers=cache_of(feed, request))


async def load_feed(session: SessionDep, request: Request, campaign_id: str) -> Feed:
    """Return the feed as the API finds it for who asks."""
    return await feeds.load_feed(session, get_context(request).caller, campaign_id, "")


async def load_entries(session: SessionDep, feed: Feed) -> dict[str, object]:
    """Return what a list of adopted writings shows."""
    return {
        "campaign": feed.campaign,
        "entries": feed.entries,
        "texts": await feeds.load_texts(session, feed.entries),
        "adoptions": await feeds.load_adoptions(session, feed.entries),
        "kinds": codes.label([feed.campaign], "report_kinds"),
    }


def cache_of(feed: Feed, request: Request) -> dict[str, str]:
    """Return how long an answer may be kept: five minutes where everybody gets the same."""
    if feed.campaign.public_feed and get_context(request).caller is None:
        return {"Cache-Control": "public, max-age=300"}
    return {"Cache-Control": "private, no-store"}
