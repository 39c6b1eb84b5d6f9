"""Where a report stands on its way up, and what a caller may do with it there."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.reports import rules
from app.features.submissions import service as reviews
from app.features.submissions.errors import OwnSubmission
from app.features.submissions.rules import Table
from app.features.submissions.service import ReviewContext
from app.kit.problems import Forbidden
from app.models import Report


@dataclass(frozen=True, slots=True)
class Place:
    """The path of the unit that reviews a report, and of the first one that would."""

    path: str
    first: str


async def of(session: AsyncSession, report: Report) -> Place:
    """Return where one report stands."""
    return within(report, await reviews.load_context(session, [report]))


def within(report: Report, context: ReviewContext) -> Place:
    """Return where a report stands, its surroundings loaded already."""
    first = reviews.above(context.paths[report.org_id])
    return Place(reviews.level_path(report, context), first)


def table(report: Report, place: Place) -> Table:
    """Return the life of a report where it stands."""
    return rules.life(
        forwarded=report.status in {"submitted", "accepted"} and place.path != place.first,
        at_root=at_root(place.path),
        selected=report.selected,
    )


def at_root(path: str) -> bool:
    """Return whether there is no level above."""
    return reviews.above(path) == path


def may_review(caller: Principal, place: Place) -> bool:
    """Return whether the caller may review at the level that has the report."""
    return caller.may(Power.REVIEW, place.path)


def require_superior(caller: Principal, report: Report, place: Place) -> None:
    """Raise unless the caller may review the report where it stands, and had no part in it."""
    if not may_review(caller, place):
        raise Forbidden
    if caller.name in report.barred:
        raise OwnSubmission
