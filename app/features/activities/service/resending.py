"""Activities that are there already, and ids of parts that are taken: out of what is created."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.activities.queries import reading
from app.features.activities.schemas.activity import ActivityIn
from app.features.activities.service import answers, checking
from app.features.activities.service.answers import PARTS
from app.features.submissions.errors import ExistsOtherwise
from app.features.submissions.rules import hands_in
from app.features.submissions.schemas import Created
from app.kit.problems import Invalid, Problem


async def drop_known(
    session: AsyncSession,
    new: dict[int, ActivityIn],
    identified: Mapping[int, UUID],
    problems: dict[int, Problem],
) -> dict[int, Created]:
    """Take out of `new` what is there already: the same again is done, other content a problem."""
    keys = {
        index: (item.org_id, item.source, item.external_id or "")
        for index, item in new.items()
        if item.source is not None
    }
    known = await reading.by_natural_keys(session, set(keys.values()))
    done: dict[int, Created] = {}
    first: dict[tuple[UUID, str, str], int] = {}
    for index, key in keys.items():
        whole = known.get(key)
        if whole is None and key not in first:
            first[key] = index
            continue
        item = new.pop(index)
        same = answers.as_item(whole) if whole else new[first[key]]
        otherwise = hands_in(item.status, same.status) or not _part_ids(item) <= _part_ids(same)
        before = answers.content(whole) if whole else new[first[key]].model_dump()
        if otherwise or _comparable(item.model_dump()) != _comparable(before):
            problems[index] = ExistsOtherwise()
        elif whole:
            done[index] = (whole.activity.id, whole.activity.revision, False)
        else:
            done[index] = (identified[first[key]], 1, False)
    return done


async def refuse_taken(
    session: AsyncSession, new: dict[int, ActivityIn], problems: dict[int, Problem]
) -> None:
    """Take out of `new` what brings a part under an id that another record has."""
    taken = await checking.taken_ids(session, new.values())
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
