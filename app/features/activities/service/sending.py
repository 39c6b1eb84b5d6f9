"""Activities as they were sent: filled in, with what they name and what is there already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.activities.schemas.activity import ActivityIn
from app.features.activities.service import defaulting, resending
from app.features.activities.service.resending import Known
from app.features.submissions.defaulting import find_known, name_defaulted
from app.features.submissions.naming import take_names
from app.features.submissions.references import References
from app.kit.pacing import paced
from app.kit.problems import FieldError


@dataclass(frozen=True, slots=True)
class Sending:
    """One activity as it was sent: by whom, and in which call if a transaction has several."""

    caller: Principal
    item: ActivityIn
    call: events.Call | None = None
    defaulted: Sequence[str] = ()
    """What of it was filled in."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Activities ready to be checked, all that was not sent filled in."""

    sendings: dict[int, Sending]
    refs: References
    known: Known
    unfilled: Mapping[int, Sequence[FieldError]]
    """What was not sent, and could not be told either."""


async def prepare(
    session: AsyncSession, sendings: Mapping[int, Sending], own_ids: Mapping[int, UUID]
) -> Prepared:
    """Fill in what was not sent, and load what is named and what is there already."""
    callers = {index: each.caller for index, each in sendings.items()}
    named = await take_names(session, {i: each.item for i, each in sendings.items()}, callers)
    sendings = {i: replace(each, item=named[i]) for i, each in sendings.items()}
    sent = {index: each.item for index, each in sendings.items()}
    placed = {i: defaulting.place(each.caller, each.item) for i, each in sendings.items()}
    known = await resending.load_known(session, placed, own_ids)
    there = find_known(known.by, known.there)
    done = await defaulting.complete(session, sent, placed, there, callers)
    filled = {
        index: replace(
            each,
            item=done.items[index],
            defaulted=name_defaulted(each.item, done.items[index], defaulting.FILLED)
            if defaulting.may_be_short(each.item)
            else (),
        )
        async for index, each in paced(sendings.items())
    }
    return Prepared(filled, done.refs, known, done.unfilled)
