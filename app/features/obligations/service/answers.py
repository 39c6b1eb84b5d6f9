"""Exemptions and proposals as they are answered."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access.principal import Power, Principal
from app.features.obligations.parties import acts_for
from app.features.obligations.queries.proposals import LastProposal, NamedProposal
from app.features.obligations.queries.reading import ShownRow
from app.features.obligations.rules import OwedRow
from app.features.obligations.schemas import Exemption, ProposalOut
from app.models import Obligation
from app.models.obligations import NO_PERIOD


def period(kept: Obligation | ShownRow | OwedRow) -> dict[str, Any] | None:
    """Return the days of the period in which something is owed, None for what is owed once."""
    # Ids of a page are text, in the form of the database.
    if UUID(str(kept.period_id)) == NO_PERIOD:
        return None
    return {"from": kept.opens_on, "to": kept.due_on}


def exemption(kept: Mapping[str, Any] | None, proposed: LastProposal | None) -> Exemption | None:
    """Return the exemption that stands, else what was proposed last and not taken back."""
    if kept is not None:
        its_own = proposed is not None and str(proposed.id) == kept.get("proposal_id")
        told = {name: kept[name] for name in ("reason", "exempted_at", "exempted_by")}
        return _exemption("granted", told, proposed if its_own else None)
    if proposed is None or proposed.status not in {"proposed", "refused"}:
        return None
    told = {"reason": proposed.reason, "exempted_at": None, "exempted_by": None}
    return _exemption(proposed.status, told, proposed)


def proposal(caller: Principal, row: NamedProposal) -> ProposalOut:
    """Return a proposal as this caller gets it, with what they may do next."""
    kept = row.proposal
    actions = []
    if kept.status == "proposed":
        if caller.may(Power.REVIEW, row.issuer):
            actions = ["grant", "refuse"] if row.obligation_status == "open" else ["refuse"]
        elif acts_for(caller, row.unit):
            actions = ["withdraw"]
    return ProposalOut.model_validate(
        {
            **{name: getattr(kept, name) for name in _KEPT},
            "obligation_status": row.obligation_status,
            "requirement_code": row.code,
            "requirement_title": row.title,
            "issued_by_unit_id": row.issuer_id,
            "subject": {"type": row.subject_type, "id": row.subject_id, "name": row.name},
            "proposed_by": {"id": kept.unit_id, "code": row.unit_code, "name": row.unit_name},
            "allowed_actions": actions,
        }
    )


_KEPT = (
    "id", "obligation_id", "campaign_id", "requirement_id", "org_id", "reason", "status", "answer",
    "decided_at", "revision", "created_at", "updated_at",
)  # fmt: skip


def _exemption(status: str, told: Mapping[str, Any], row: LastProposal | None) -> Exemption:
    if row is None:
        nothing = ("proposal_id", "proposed_by", "proposed_at", "answer", "decided_at")
        return Exemption.model_validate({"status": status, **told, **dict.fromkeys(nothing)})
    return Exemption.model_validate(
        {
            "status": status,
            **told,
            "proposal_id": row.id,
            "proposed_by": {"id": row.unit_id, "code": row.unit_code, "name": row.unit_name},
            "proposed_at": row.created_at,
            "answer": row.answer,
            "decided_at": row.decided_at,
        }
    )
