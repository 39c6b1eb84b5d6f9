"""Exemptions: a subject need not do what it owes, for a reason."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.obligations.errors import CannotExempt, NotExempt
from app.features.obligations.queries import counting
from app.features.obligations.rules import State
from app.kit import clock
from app.models import Obligation


async def exempt(
    session: AsyncSession, obligation: Obligation, reason: str, proposal_id: UUID | None = None
) -> None:
    """Exempt a subject from what it still owes, with the reason; the row is locked."""
    if obligation.status != "open":
        raise CannotExempt(status=obligation.status)
    before, call = _state(obligation), events.call_of(session)
    of_proposal = {"proposal_id": str(proposal_id)} if proposal_id is not None else {}
    obligation.exemption = {
        "reason": reason,
        "exempted_at": clock.now().isoformat(),
        "exempted_by": str(call.client_id) if call.client_id else None,
        **of_proposal,
    }
    obligation.status = "exempt"
    data = {"reason": reason, **of_proposal}
    await _changed(session, before, obligation, "obligation.exempted", data)


async def lift_exemption(session: AsyncSession, obligation: Obligation) -> None:
    """Make a subject owe again what it was exempted from; the row is locked."""
    if obligation.status != "exempt":
        raise NotExempt
    before = _state(obligation)
    obligation.exemption = None
    settled = "open" if obligation.nil_on is None else "nil"
    obligation.status = "met" if obligation.count >= obligation.min_count else settled
    await _changed(session, before, obligation, "obligation.exemption_lifted", None)


def _state(obligation: Obligation) -> State:
    return State(*(getattr(obligation, field.name) for field in fields(State)))


async def _changed(
    session: AsyncSession,
    before: State,
    obligation: Obligation,
    kind: str,
    data: dict[str, Any] | None,
) -> None:
    obligation.revision += 1
    await session.flush()
    await counting.insert_differences(session, [before], [_state(obligation)])
    await events.record(
        session,
        events.Change(
            kind,
            obligation.id,
            obligation.org_id,
            obligation.revision,
            data=data,
            row=obligation if obligation.exemption else None,
        ),
    )
