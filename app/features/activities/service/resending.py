"""Activities that are there already, and ids of parts that are taken: out of what is created."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.activities.queries import reading
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn
from app.features.activities.service import answers, checking
from app.features.activities.service.answers import PARTS
from app.features.submissions.errors import ExistsOtherwise
from app.features.submissions.rules import Handle, handles, hands_in, sent_before
from app.features.submissions.schemas import Created
from app.kit.problems import Invalid, Problem


@dataclass(frozen=True, slots=True)
class Known:
    """What activities of a sending are known by, and those that are there already."""

    by: Mapping[int, Sequence[Handle]]
    there: Mapping[Any, Whole]


async def load_known(
    session: AsyncSession, items: Mapping[int, ActivityIn], own_ids: Mapping[int, UUID]
) -> Known:
    """Load what is there already of what is sent, by its own ids and natural keys."""
    keys = {
        index: (item.org_id, item.source, item.external_id or "")
        for index, item in items.items()
        if item.source is not None
    }
    there: dict[Any, Whole] = {
        **await reading.by_ids(session, own_ids.values()),
        **await reading.find_by_natural_keys(session, set(keys.values())),
    }
    return Known(handles(own_ids, keys), there)


def drop_known(
    new: dict[int, ActivityIn],
    identified: Mapping[int, UUID],
    own_ids: Mapping[int, UUID],
    known: Known,
    problems: dict[int, Problem],
) -> dict[int, Created]:
    """Take out of `new` what is there already: the same again is done, other content a problem."""
    done: dict[int, Created] = {}
    known_by = {index: found for index, found in known.by.items() if index in new}
    for index, whole, first in list(sent_before(known_by, known.there)):
        item = new.pop(index)
        there = whole.activity.id if whole else identified[first]
        same = answers.as_item(whole) if whole else new.get(first)
        if same is None or not _is_again(item, same, whole) or own_ids.get(index, there) != there:
            problems[index] = ExistsOtherwise()
        else:
            done[index] = (there, whole.activity.revision if whole else 1, False)
    return done


def _is_again(item: ActivityIn, same: ActivityIn, whole: Whole | None) -> bool:
    """Return whether an activity is what was sent before: `whole` where that is kept already."""
    if hands_in(item.status, same.status) or not _part_ids(item) <= _part_ids(same):
        return False
    before = answers.build_content(whole) if whole else same.model_dump()
    return _comparable(item.model_dump()) == _comparable(before)


async def refuse_taken(
    session: AsyncSession, new: dict[int, ActivityIn], problems: dict[int, Problem]
) -> None:
    """Take out of `new` what brings a part under an id that another record has."""
    taken = await checking.find_taken_ids(session, new.values())
    for index, item in list(new.items()):
        wrong = list(checking.part_id_errors(item, taken))
        if wrong:
            problems[index] = Invalid(wrong)
            del new[index]
        else:
            taken.add(item)


def _part_ids(item: ActivityIn) -> set[tuple[str, UUID]]:
    """Return the ids that the caller gave to the parts of an activity."""
    parts = (("finding", item.findings), ("opinion", item.opinions))
    return {(kind, part.id) for kind, given in parts for part in given if part.id is not None}


def _comparable(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes two sendings the same: all but the state, ids and the order of parts."""
    result: dict[str, Any] = to_jsonable_python({k: v for k, v in sent.items() if k != "status"})
    for name in PARTS:
        for part in result[name]:
            part.pop("id", None)
        result[name] = sorted(result[name], key=repr)
    return result
