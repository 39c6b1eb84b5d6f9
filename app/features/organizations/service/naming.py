"""Units that bodies name by code: those that there are, or that come before in a batch."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access import naming
from app.access.naming import M, Unknown
from app.access.principal import Principal
from app.features.organizations import errors
from app.features.organizations.schemas.organizations import PARENT_FIELDS, BranchIn, UnitIn
from app.kit import ids
from app.kit.naming import NAMES
from app.kit.problems import Invalid

PARENTS: Final = {"parent_code": errors.UNKNOWN_PARENT, "unit_code": errors.UNKNOWN_PARENT}
"""What is said of a name of the unit above that stands for nothing."""
UNITS: Final = {"unit_code": errors.UNKNOWN_UNIT}
"""The same of the unit that somebody leads."""
_FIELDS: Final = {id_field: name for name, id_field in NAMES.items()}


async def take_names(
    session: AsyncSession, caller: Principal, items: Mapping[int, M], unknown: Unknown = PARENTS
) -> dict[int, M]:
    """Return bodies with the ids of the units that they name by code."""
    return await naming.take_names(session, items, dict.fromkeys(items, caller), unknown)


async def take_own(
    session: AsyncSession, caller: Principal, item: M, unknown: Unknown = PARENTS
) -> M:
    """Return one body with the id of the unit that it names by code; raises if there is none."""
    named = (await take_names(session, caller, {0: item}, unknown))[0]
    if named.wrong_names:
        raise Invalid(list(named.wrong_names))
    return named


def take_from_batch(
    kind: str, sent: Mapping[int, UnitIn | BranchIn], named: dict[int, M], own_ids: dict[int, UUID]
) -> None:
    """Let what names a unit that comes before it in the batch stand below that."""
    id_field = PARENT_FIELDS[kind]
    field = _FIELDS[id_field]
    before: dict[str, int] = {}
    for index, item in sent.items():
        code = getattr(item, field)
        lacks = bool(named[index].wrong_names) and id_field not in item.model_fields_set
        if lacks and code in before:
            above = own_ids.setdefault(before[code], ids.new_id())
            found = named[index].model_copy(update={id_field: above})
            found.note([], {f"/{id_field}": f"/{field}"})
            named[index] = found
        before.setdefault(item.code, index)
