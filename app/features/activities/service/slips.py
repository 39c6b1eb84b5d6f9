"""Warnings about new activities: one that looks the same has been entered already."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from app.features.activities import rules
from app.features.activities.schemas.activity import ActivityIn
from app.features.submissions.references import References
from app.kit.fields import Warned
from app.kit.language import Language
from app.kit.slips import Slip

SAME_ACTIVITY: Final = Slip(
    "same_activity",
    "本组织当天已有同类活动记录“{title}”，请核对是否重复报送。",
    "The organization has an activity of this kind on this day already: “{title}”.",
)
_MOST: Final = 20
"""Activities of one organization, kind and day that a new one is compared with."""

Cell = tuple[UUID, str, str]
"""Organization, kind and day."""


def alike(new: Mapping[int, ActivityIn], refs: References) -> dict[int, str]:
    """Return of new activities that are likely there already the title of the other, by index.

    Those without a key of their own: of one that has one nobody can doubt whether it is another.
    """
    known: dict[Cell, dict[str, rules.Likeness]] = defaultdict(dict)
    twice = {index: item for index, item in new.items() if item.may_be_twice}
    for org_id in {item.org_id for item in twice.values()}:
        for kind, day, title in refs.organizations[org_id].recent or ():
            known[org_id, kind, day].setdefault(title, rules.likeness(title))
    found = {}
    for index, item in twice.items():
        cell = known[item.org_id, str(item.kind), item.held_on.isoformat()]
        mine = rules.likeness(item.title)
        other = next((title for title, its in cell.items() if rules.is_near(mine, its)), None)
        if other is not None:
            found[index] = other
        elif len(cell) < _MOST:
            cell[item.title] = mine
    return found


def told(title: str | None, language: Language) -> list[Warned]:
    """Return what is told of an activity that is likely the one of this title."""
    return [] if title is None else [SAME_ACTIVITY.told(language, title=title)]
