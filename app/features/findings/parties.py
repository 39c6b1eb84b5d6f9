"""Who comes to a finding or an opinion from which side."""

from collections.abc import Set as AbstractSet

from app.access.principal import Power, Principal
from app.features.submissions import service as reviews
from app.features.submissions.rules import Side


def find_roles(caller: Principal, path: str) -> set[Side]:
    """Return the sides from which a caller comes to what the organization at a path has to do."""
    found = set()
    if caller.may(Power.REPORT, path):
        found.add(Side.OWNER)
    if caller.may(Power.REVIEW, reviews.above(path)):
        found.add(Side.SUPERIOR)
    return found


def caller_roles(caller: Principal, reported_by: str | None, held: AbstractSet[Side]) -> set[Side]:
    """Return which of these sides are left: nobody verifies what they reported done."""
    return set(held) - ({Side.SUPERIOR} if reported_by == caller.name else set())
