"""SQL of who has not been reached: the lists behind the figures of coverage."""

from collections.abc import Iterator
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from app.access import visibility
from app.access.principal import Principal
from app.access.visibility import visible_organizations
from app.features.counts.queries.covering import has_met, stands, was_inspected
from app.features.tree.queries.past import PastTree
from app.http.paging import Sorts
from app.models import Organization

SORTS: Final = Sorts(
    {"sort_order": Organization.sort_order, "code": Organization.code, "name": Organization.name},
    id=Organization.id,
    default="sort_order",
)


def select_missing(
    caller: Principal,
    campaign_id: UUID,
    unit: Organization,
    lacking: str,
    day: date,
    *conditions: ColumnElement[bool],
) -> Select[Organization]:
    """Select the organizations below a unit that are there on a day and lack something."""
    wanted = (stands(day), *_lacks(campaign_id, unit, lacking, day), *conditions)
    return visibility.list_visible(caller, Organization, *wanted, under=unit.path)


def select_missing_then(
    caller: Principal,
    campaign_id: UUID,
    unit: Organization,
    lacking: str,
    then: PastTree,
    *conditions: ColumnElement[bool],
) -> Select[Organization]:
    """Select the same by the tree of a past day; who sees them is who sees them now."""
    places, wanted = then.tree.organizations, _lacks(campaign_id, unit, lacking, then.day)
    return (
        select(Organization)
        .join(places, places.id == Organization.id)
        .where(visible_organizations(caller), then.inside, stands(then.day, places))
        .where(*wanted, *conditions)
    )


def _lacks(
    campaign_id: UUID, unit: Organization, lacking: str, day: date
) -> Iterator[ColumnElement[bool]]:
    if lacking == "inspection":
        # A branch is no subordinate of itself, but it is one of those that meet.
        yield Organization.id != unit.id
        yield ~was_inspected(campaign_id, day)
    else:
        yield Organization.type == "branch"
        yield ~has_met(campaign_id, day)
