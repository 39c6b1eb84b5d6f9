"""Which records changes are told of, and who sees each: as reading the record itself says."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import in_subtree, taking_part, visible, visible_organizations
from app.db import among
from app.db.rows import AnySelect, plain_rows
from app.features.activities.queries import reading as activities
from app.features.attachments import queries as attachments
from app.features.findings import queries as findings
from app.features.inspections import queries as inspections
from app.features.leader_records import queries as leader_records
from app.features.reports import queries as reports
from app.models import (
    Activity,
    Attachment,
    Campaign,
    DelegateOffice,
    Finding,
    Inspection,
    Leader,
    LeaderRecord,
    NoticeText,
    Obligation,
    Opinion,
    Organization,
    Report,
    Requirement,
    Snapshot,
    Supplement,
)

ORGANIZATIONS: Final = frozenset({"unit", "branch"})
ISSUED: Final = ("campaign", "requirement", "supplement", "notice", "delegate_office")
"""What a unit has for all below it, who see it as well."""
_MODELS: Final[Mapping[str, Any]] = {
    "unit": Organization,
    "branch": Organization,
    "leader": Leader,
    "campaign": Campaign,
    "requirement": Requirement,
    "supplement": Supplement,
    "notice": NoticeText,
    "activity": Activity,
    "leader_record": LeaderRecord,
    "finding": Finding,
    "opinion": Opinion,
    "report": Report,
    "inspection": Inspection,
    "obligation": Obligation,
    "snapshot": Snapshot,
    "delegate_office": DelegateOffice,
    "attachment": Attachment,
}
_IN_SIGHT: Final[Mapping[Any, Callable[[Principal], ColumnElement[bool]]]] = {
    Activity: activities.in_sight,
    LeaderRecord: leader_records.in_sight,
    Report: reports.in_sight,
    Inspection: inspections.in_sight,
    Attachment: attachments.in_sight,
}


async def find_seen(
    session: AsyncSession,
    caller: Principal,
    wanted: Mapping[str, Collection[UUID]],
    under: str | None,
) -> dict[tuple[str, UUID], UUID]:
    """Map the records among these that the caller sees now to their organizations.

    One statement, whatever they are; `under` narrows it to a subtree.
    """
    parts = [
        _select(session, caller, resource, ids, under) for resource, ids in sorted(wanted.items())
    ]
    if not parts:
        return {}
    rows = await plain_rows(session, union_all(*parts))
    return {(resource, record_id): org_id for resource, record_id, org_id in rows}


def _select(
    session: AsyncSession,
    caller: Principal,
    resource: str,
    ids: Collection[UUID],
    under: str | None,
) -> AnySelect:
    model = _MODELS[resource]
    owner = model.id if resource in ORGANIZATIONS else model.org_id
    named = select(literal(resource).label("resource"), model.id, owner.label("org_id"))
    seen = and_(_in_sight(caller, resource, model), _is_under(resource, owner, under))
    return named.where(among(session, model.id, list(ids)), seen)


def _in_sight(caller: Principal, resource: str, model: Any) -> ColumnElement[bool]:
    if resource in ORGANIZATIONS:
        return and_(visible_organizations(caller), Organization.type == resource)
    if resource in ISSUED:
        return taking_part(caller, model.org_id)
    if model is Finding:
        return and_(findings.in_sight(caller, Finding), ~findings.is_hidden(Finding))
    if model is Opinion:
        return and_(findings.in_sight(caller, Opinion), ~findings.is_hidden(Opinion))
    if model in _IN_SIGHT:
        return _IN_SIGHT[model](caller)
    return visible(caller, model.org_id)


def _is_under(resource: str, owner: Any, under: str | None) -> ColumnElement[bool]:
    if under is None:
        return true()
    if resource in ORGANIZATIONS:
        return in_subtree(under)
    inside: ColumnElement[bool] = owner.in_(select(Organization.id).where(in_subtree(under)))
    return inside
