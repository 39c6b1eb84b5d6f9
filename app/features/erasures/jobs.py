"""Background work of erasures: campaigns whose time of retention is over."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.erasures.service import retention
from app.jobs import Continue, Done, JobView


async def look_for_due(session: AsyncSession) -> None:
    """Periodic task: ask for the forgetting of campaigns whose time is over."""
    await retention.look_for_due(session)


async def forget_campaign(session: AsyncSession, job: JobView) -> Continue | Done:
    """`campaign.forget`: the next thousand rows; finished when nothing says who."""
    events.set_call(session, events.Call(route=f"job {job.kind}"))
    campaign_id = UUID(job.payload["campaign_id"])
    state = await retention.take_step(session, campaign_id, job.state)
    done = job.done + 1
    if state is None:
        return Done({"campaign_id": str(campaign_id)}, done)
    return Continue(state, done, done)
