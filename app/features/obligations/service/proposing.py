"""Who exempts from what: the issuer of a requirement and its superiors; all others propose it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.obligations.errors import (
    CannotExempt,
    ExemptionPending,
    IssuerDecides,
    NothingProposed,
)
from app.features.obligations.parties import ACTING, acts_for
from app.features.obligations.queries import proposals
from app.features.obligations.queries.reading import Owed
from app.features.obligations.schemas import ExemptionDecisionIn
from app.features.obligations.service import exempting
from app.kit import clock
from app.kit.problems import Forbidden, Invalid
from app.kit.validation import REQUIRED
from app.models import ExemptionProposal, Obligation


async def exempt(session: AsyncSession, caller: Principal, owed: Owed, reason: str) -> None:
    """Exempt from an obligation, which is locked, or propose it to who may."""
    decides = caller.may(Power.REVIEW, owed.issuer)
    if not decides and not acts_for(caller, owed.own):
        raise Forbidden
    if await proposals.pending(session, owed.obligation.id) is not None:
        raise ExemptionPending
    if decides:
        await exempting.exempt(session, owed.obligation, reason)
    else:
        await _propose(session, caller, owed, reason)


async def decide(
    session: AsyncSession, caller: Principal, owed: Owed, item: ExemptionDecisionIn
) -> None:
    """Grant or refuse what was proposed; the obligation is locked."""
    if not caller.may(Power.REVIEW, owed.issuer):
        raise IssuerDecides
    obligation = owed.obligation
    proposal = await proposals.pending(session, obligation.id)
    if proposal is None:
        raise NothingProposed
    if item.decision == "refuse" and item.reason is None:
        raise Invalid([REQUIRED.at("/reason")])
    proposal.answer, proposal.decided_at = item.reason, clock.now()
    if item.decision == "grant":
        _settle(proposal, "granted")
        await exempting.exempt(session, obligation, proposal.reason, proposal.id)
    else:
        _settle(proposal, "refused")
        await _tell(session, obligation, "refused", proposal, item.reason)


async def take_back(session: AsyncSession, caller: Principal, owed: Owed) -> None:
    """Lift an exemption, or withdraw what was proposed; the obligation is locked."""
    obligation = owed.obligation
    decides = caller.may(Power.REVIEW, owed.issuer)
    if obligation.status == "exempt" and not decides:
        raise IssuerDecides
    proposal = await proposals.pending(session, obligation.id)
    if proposal is None:
        await exempting.lift_exemption(session, obligation)
        return
    if caller.name != proposal.proposed_by:
        if decides:
            raise ExemptionPending
        if not acts_for(caller, await proposals.path_of(session, proposal.unit_id)):
            raise Forbidden
    _settle(proposal, "withdrawn")
    await _tell(session, obligation, "withdrawn", proposal, None)


async def _propose(session: AsyncSession, caller: Principal, owed: Owed, reason: str) -> None:
    obligation = owed.obligation
    if obligation.status != "open":
        raise CannotExempt(status=obligation.status)
    power = next(power for power in ACTING if caller.may(power, owed.own))
    proposal = ExemptionProposal(
        org_id=obligation.org_id,
        obligation_id=obligation.id,
        campaign_id=obligation.campaign_id,
        requirement_id=obligation.requirement_id,
        unit_id=await proposals.id_at(session, caller.nearest(power, owed.own)),
        reason=reason,
        proposed_by=caller.name,
    )
    await proposals.keep(session, proposal)
    await _tell(session, obligation, "proposed", proposal, reason)


def _settle(proposal: ExemptionProposal, status: str) -> None:
    proposal.status = status
    proposal.revision += 1


async def _tell(
    session: AsyncSession,
    obligation: Obligation,
    act: str,
    proposal: ExemptionProposal,
    reason: str | None,
) -> None:
    """Tell that the obligation shows something else; what is owed is as it was."""
    obligation.revision += 1
    await session.flush()
    data: dict[str, Any] = {"proposal_id": str(proposal.id)}
    if reason is not None:
        data["reason"] = reason
    kind = f"obligation.exemption_{act}"
    change = events.Change(kind, obligation.id, obligation.org_id, obligation.revision, data=data)
    await events.record(session, change)
