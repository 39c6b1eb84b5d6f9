"""Codes in place of ids: what a list or a roll-up is narrowed to by the codes that people have.

Both codes are the only ones of their kind, whatever authority gave them. What the caller does not
see has no code: it is as unknown as what is absent.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import taking_part, visible_organizations
from app.db.rows import AnySelect
from app.kit.fields import Filter
from app.kit.problems import FieldErrorKind, Invalid
from app.models import Campaign, Organization

F = TypeVar("F", bound=Filter)

CODE_OF_ANOTHER = FieldErrorKind(
    "code_of_another", "编号与代码所指的不是同一个", "names another than the id that is given"
)
_UNKNOWN: Final = UUID(int=0)
"""The id of nothing: what an unknown code leads to."""
_ORGANIZATIONS: Final = {"org_code": "org_id", "unit_code": "unit_id", "under_code": "under"}
_CAMPAIGNS: Final = {"campaign_code": "campaign_id"}


async def take_codes(session: AsyncSession, caller: Principal, filters: F) -> F:
    """Return filters whose codes have become ids; raises `Invalid` where an id says another.

    Nothing is read where no code was given.
    """
    organizations = _given(filters, _ORGANIZATIONS)
    campaigns = _given(filters, _CAMPAIGNS)
    ids = {
        **await _find(session, organizations, _select_organizations(caller)),
        **await _find(session, campaigns, _select_campaigns(caller)),
    }
    wrong = [
        CODE_OF_ANOTHER.at(f"?{name}")
        for name, found in ids.items()
        if _listed(getattr(filters, _id_name(name)), set(found)) != set(found)
    ]
    if wrong:
        raise Invalid(wrong)
    values: dict[str, Any] = {}
    for name, found in ids.items():
        several = isinstance(getattr(filters, name), list)
        values[_id_name(name)] = found if several else found[0]
    return filters.model_copy(update=values) if values else filters


def _id_name(name: str) -> str:
    return {**_ORGANIZATIONS, **_CAMPAIGNS}[name]


def _given(filters: Filter, names: dict[str, str]) -> dict[str, Sequence[str]]:
    """Return the codes that were given, by the name of their field."""
    given = {name: getattr(filters, name, None) for name in names}
    return {n: v if isinstance(v, list) else [v] for n, v in given.items() if v}


def _listed(given: Any, otherwise: set[UUID]) -> set[UUID]:
    """Return the ids that were given, or others where none were."""
    if not given:
        return otherwise
    return set(given) if isinstance(given, list) else {given}


async def _find(
    session: AsyncSession, given: dict[str, Sequence[str]], statement: AnySelect
) -> dict[str, list[UUID]]:
    """Return the ids of codes, by the name of their field."""
    if not given:
        return {}
    codes = {code for some in given.values() for code in some}
    code_column = statement.selected_columns["code"]
    rows = await session.execute(statement.where(code_column.in_(codes)))
    known = {code: id_ for id_, code in rows}
    return {name: [known.get(code, _UNKNOWN) for code in some] for name, some in given.items()}


def _select_organizations(caller: Principal) -> AnySelect:
    return select(Organization.id, Organization.code).where(visible_organizations(caller))


def _select_campaigns(caller: Principal) -> AnySelect:
    return select(Campaign.id, Campaign.code).where(taking_part(caller, Campaign.org_id))
