"""Background work of campaigns: opening one, and the ledger of a far-reaching requirement."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.campaigns.service import lifecycle, periods, requirements
from app.features.obligations import service as obligations
from app.jobs import Continue, Done, JobView


async def open_campaign(session: AsyncSession, job: JobView) -> Continue | Done:
    """`campaign.open`: make the ledger step by step; with the last step the campaign is open."""
    _act_for_client(session, job)
    campaign_id = UUID(job.payload["campaign_id"])
    done, total, after = await obligations.open_step(session, campaign_id, job.state.get("after"))
    if after is not None:
        return Continue({"after": after}, done, total)
    await lifecycle.finish_opening(session, campaign_id)
    return Done({"campaign_id": str(campaign_id), "obligations": done}, total)


async def reconcile_requirement(session: AsyncSession, job: JobView) -> Continue | Done:
    """`requirement.reconcile`: bring the ledger up to date with one requirement, in one step."""
    _act_for_client(session, job)
    requirement_id = UUID(job.payload["requirement_id"])
    await requirements.reconcile(session, UUID(job.payload["campaign_id"]), requirement_id)
    return Done({"requirement_id": str(requirement_id)})


async def open_periods(session: AsyncSession, job: JobView) -> Continue | Done:
    """`requirement.open_periods`: make what is owed in periods that have begun, step by step."""
    _act_for_client(session, job)
    requirement_id = UUID(job.payload["requirement_id"])
    size, after = await periods.open_step(session, requirement_id, job.state.get("after"))
    if after is not None:
        return Continue({"after": after}, job.done + size, job.done + size)
    return Done({"requirement_id": str(requirement_id)}, job.done + size)


async def open_begun(session: AsyncSession) -> None:
    """Look for periods that have begun, and have them opened."""
    await periods.open_begun(session)


def _act_for_client(session: AsyncSession, job: JobView) -> None:
    """Events of the job name the client that caused it."""
    client_id = job.payload["client_id"]
    events.set_call(
        session,
        events.Call(client_id=UUID(client_id) if client_id else None, route=f"job {job.kind}"),
    )
