"""What a new submission does not say, told from what is known: whose it is, in which campaign."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.submissions.errors import NO_OPEN_CAMPAIGN, SEVERAL_OPEN_CAMPAIGNS
from app.features.submissions.open_campaigns import OpenCampaign, load_open_campaigns
from app.features.submissions.rules import Handle
from app.features.submissions.schemas import UNFILLED
from app.kit.choices import choices
from app.kit.language import Text
from app.kit.problems import FieldError, Invalid, Problem
from app.kit.validation import REQUIRED
from app.models.vocabulary import BranchKind

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")

Unfilled = dict[int, list[FieldError]]
"""What was not sent and could not be told, by index."""


@dataclass(frozen=True, slots=True)
class Completed(Generic[M]):
    """Bodies with their defaults, what was filled in, and of what there was nothing to tell."""

    items: dict[int, M]
    defaulted: dict[int, list[str]]
    unfilled: Unfilled


_BRANCHES: Final = frozenset(str(kind) for kind in BranchKind)


def find_known(by: Mapping[int, Sequence[Handle]], there: Mapping[Any, R]) -> dict[int, R]:
    """Return what is there already, by the index of what it is known by."""
    found = {i: [there[handle] for handle in mine if handle in there] for i, mine in by.items()}
    return {index: records[0] for index, records in found.items() if records}


def find_own_organization(caller: Principal) -> UUID | None:
    """Return the only organization at which the caller was given to report, None if not one."""
    held = {s.org_id for s in caller.scopes if s.allows(Power.REPORT) and not s.inherited}
    return held.pop() if len(held) == 1 else None


def is_branch(kind: str) -> bool:
    """Return whether an organization's kind is one of branches."""
    return kind in _BRANCHES


async def choose_campaigns(
    session: AsyncSession, paths: Mapping[int, str]
) -> tuple[dict[int, UUID], Unfilled]:
    """Return the only campaign that is open for each organization, or why none can be chosen.

    `paths` are those of the organizations; nothing is read where there are none.
    """
    found = await load_open_campaigns(session, set(paths.values()))
    chosen, unfilled = {}, {}
    for index, path in paths.items():
        if len(found[path]) == 1:
            chosen[index] = found[path][0].id
        else:
            unfilled[index] = [_no_campaign(found[path])]
    return chosen, unfilled


def _no_campaign(open_ones: Sequence[OpenCampaign]) -> FieldError:
    if not open_ones:
        return NO_OPEN_CAMPAIGN.at("/campaign_id")
    names = {str(each.id): Text(each.name, each.name) for each in open_ones}
    return SEVERAL_OPEN_CAMPAIGNS.at("/campaign_id", expected=choices(names, names))


def require_organization() -> FieldError:
    """Return the error of a submission of which nothing says whose it is."""
    return REQUIRED.at("/org_id")


def with_unfilled(problem: Problem | None, unfilled: Sequence[FieldError]) -> Problem | None:
    """Return what is wrong with a body, what was not sent and could not be told first."""
    if not unfilled:
        return problem
    return Invalid([*unfilled, *(problem.errors if problem is not None else ())])


def lacks(item: BaseModel, name: str) -> bool:
    """Return whether a field was not sent, nor filled in so far."""
    return name not in item.model_fields_set


def fill(item: M, values: Mapping[str, Any]) -> M:
    """Return a body with values for what was not sent."""
    missing = {name: value for name, value in values.items() if lacks(item, name)}
    return item.model_copy(update=missing) if missing else item


def name_defaulted(sent: BaseModel, filled: BaseModel, names: Collection[str]) -> list[str]:
    """Return which of the fields were filled in: not sent, and not empty all the same."""
    nothing: tuple[Any, ...] = (None, [], "", UNFILLED)
    return [name for name in names if lacks(sent, name) and getattr(filled, name) not in nothing]
